import { assert } from "@std/assert";
import { giveWay, nextTurn } from "../../src/engine/event_loop.ts";
import { test } from "../harness.ts";

/** In how many rounds of the event loop somebody gives way while others take `busyMs` of each. */
async function roundsGiven(busyMs: number): Promise<number> {
  let rounds = 0;
  let isOver = false;
  const given = giveWay().then(() => isOver = true);
  while (!isOver) {
    await nextTurn();
    rounds++;
    const end = performance.now() + busyMs;
    while (performance.now() < end);
  }
  await given;
  return rounds;
}

test("Whoever gives way lets the event loop go round as often as Deno takes to look for messages of other threads", async () => {
  // More than once: other processes may take the processor away meanwhile.
  const tries = [];
  for (let i = 0; i < 5; i++) tries.push(await roundsGiven(0));
  assert(Math.max(...tries) >= 31, `${tries}`);
});

test("Whoever gives way does not wait for many rounds where each of them takes others long", async () => {
  const rounds = await roundsGiven(5);
  assert(rounds <= 3, `${rounds}`);
});
