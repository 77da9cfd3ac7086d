import { assertEquals } from "@std/assert";
import { giveWay, nextTurn } from "../../src/engine/runtime/event_loop.ts";
import { test } from "../harness.ts";

/**
 * In how many rounds of the event loop somebody gives way, by a clock that shows `roundMs` more at
 * each look.
 */
async function roundsGiven(roundMs: number): Promise<number> {
  let rounds = 0;
  let isOver = false;
  let nowMs = 0;
  const given = giveWay(() => nowMs += roundMs).then(() => isOver = true);
  while (!isOver) {
    await nextTurn();
    rounds++;
  }
  await given;
  return rounds;
}

test("Whoever gives way lets the event loop go round as often as Deno takes to look for messages of other threads", async () => {
  assertEquals(await roundsGiven(0), 32);
});

test("Whoever gives way does not wait for many rounds where each of them takes long", async () => {
  assertEquals(await roundsGiven(2), 2);
});
