// A clock that cannot be relied on. The engine looks at one only to give way to others in time, and
// nothing that it stores depends on it.
import { assert, assertEquals } from "@std/assert";
import { open } from "../../mod.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { tempDir } from "../support/temp_dir.ts";
import { History } from "./history.ts";
import { SMALL } from "./samples.ts";

/** How far a clock goes with each look, in milliseconds. */
const clocks: [string, (look: number) => number][] = [
  ["that goes on", (look) => look / 8],
  ["that runs backwards", (look) => -look],
  ["that stands still", () => 0],
  ["that leaps to and fro", (look) => look % 2 === 0 ? 1e6 : -1e6],
];

for (const [what, clock] of clocks) {
  test(`A clock ${what} changes nothing about what a store holds`, async () => {
    using clocks = new FalseClocks(clock);
    const storage = new FaultStorage();
    const history = await writeThroughReopenings(storage);
    await using folder = tempDir();
    assertEquals(
      (await writeThroughReopenings(folder.path)).lastSequence,
      history.lastSequence,
    );
    assert(clocks.looks > 0, "nobody looked at the clock");
    const expected = [...history.contentAt(history.lastSequence)];
    for (const store of [storage, folder.path]) {
      await using db = await open(store, SMALL);
      assertEquals(db.stats().lastSequence, history.lastSequence);
      assertEquals([...db.scanSync()], expected);
    }
  });
}

/** Writes with flushes, compactions and reopenings in between. */
async function writeThroughReopenings(
  store: FaultStorage | string,
): Promise<History> {
  const history = new History();
  for (let round = 0; round < 3; round++) {
    await using db = await open(store, { ...SMALL, memtableEntries: 20 });
    const writer = history.recorder(db);
    const writes: Promise<void>[] = [];
    for (let i = 0; i < 60; i++) {
      const key = `key${(i * 7 + round) % 50}`;
      const sync = i % 5 === 0;
      if (i % 6 === 5) writes.push(writer.del(key, { sync }));
      else writes.push(writer.put(key, `${round} ${i}`, { sync }));
    }
    await Promise.all(writes);
    if (round === 1) await db.compact();
    const expected = [...history.contentAt(history.lastSequence)];
    assertEquals([...db.scanSync()], expected);
  }
  return history;
}

/** Puts a clock in the place of all that a runtime has, until it is disposed of. */
class FalseClocks implements Disposable {
  looks = 0;
  readonly #performanceNow = performance.now;
  readonly #dateNow = Date.now;

  constructor(clock: (look: number) => number) {
    performance.now = () => clock(this.looks++);
    Date.now = () => clock(this.looks++);
  }

  [Symbol.dispose](): void {
    performance.now = this.#performanceNow;
    Date.now = this.#dateNow;
  }
}
