import { assert, assertEquals } from "@std/assert";
import { compactionShare } from "../../src/engine/background/debts.ts";
import { test } from "../harness.ts";

test("Flushes leave no time to compactions that are hardly behind, and half of it where writers are about to be stopped", () => {
  assertEquals([-1, 0, 0.25].map(compactionShare), [0, 0, 0]);
  assertEquals([1, 7].map(compactionShare), [0.5, 0.5]);
  let last = 0;
  for (let debt = 0.3; debt < 1; debt += 0.1) {
    const share = compactionShare(debt);
    assert(share > last && share < 0.5, `${debt}`);
    last = share;
  }
});
