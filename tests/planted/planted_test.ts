import { existsSync, readFileSync } from "node:fs";
import { assert, assertThrows } from "@std/assert";
import { test } from "../harness.ts";
import { plant, plantedBugs } from "./bugs.ts";

const root = new URL("../../", import.meta.url);

test("Every bug that is planted to try the tests fits the source as it is", () => {
  for (const bug of plantedBugs) {
    const source = readFileSync(new URL(bug.file, root), "utf8");
    assert(plant(source, bug) !== source, bug.name);
    assert(existsSync(new URL(bug.test, root)), bug.test);
  }
});

test("A bug that does not fit the source, or fits it twice, is not planted", () => {
  const [bug] = plantedBugs;
  assert(bug !== undefined);
  assertThrows(() => plant("", bug), Error, "nowhere");
  assertThrows(() => plant(bug.from + bug.from, bug), Error, "more than once");
});
