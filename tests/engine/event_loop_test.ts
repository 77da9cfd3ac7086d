import { assert } from "@std/assert";
import { giveWay, nextTurn } from "../../src/engine/event_loop.ts";
import { test } from "../harness.ts";

test("Whoever gives way lets the event loop go round as often as Deno takes to look for messages of other threads", async () => {
  let rounds = 0;
  let isOver = false;
  const given = giveWay().then(() => isOver = true);
  while (!isOver) {
    await nextTurn();
    rounds++;
  }
  await given;
  assert(rounds >= 31, `${rounds}`);
});
