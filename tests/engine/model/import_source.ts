import { setImmediate } from "node:timers";
import type { EntriesSource } from "../../../src/engine/api/transfer.ts";
import { below, pick } from "../../codec/random.ts";
import { nextTurn } from "./next_turn.ts";

/**
 * Why an import ends early: its signal, which is aborted by the source or a turn after the start;
 * its source; keys out of order.
 */
export type ImportEnd = "signal" | "late signal" | "failure" | "order";

/** What an import is given. */
export interface ImportSource {
  readonly source: EntriesSource<unknown, unknown>;
  readonly signal: AbortSignal;
  /** What the signal is aborted with, or the source throws. */
  readonly reason: Error;
}

/**
 * Entries as something that can be imported: an array, generators with and without promises, a
 * stream.
 */
export function importSource(
  random: () => number,
  entries: readonly [unknown, unknown][],
  end: ImportEnd | undefined,
): ImportSource {
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error("Enough");
  const last = end === undefined ? -1 : below(random, entries.length + 1);
  if (end === "late signal") setImmediate(() => controller.abort(reason));
  const source = pick(random, [
    () => end === undefined ? entries : steps(),
    steps,
    slowSteps,
    () => streamOf(slowSteps()),
  ])();
  return { source, signal, reason };

  function* steps(): Generator<[unknown, unknown]> {
    for (const [i, entry] of entries.entries()) {
      if (i === last) interrupt();
      yield entry;
    }
    if (last === entries.length) interrupt();
  }

  async function* slowSteps(): AsyncGenerator<[unknown, unknown]> {
    let step = 0;
    for (const entry of steps()) {
      if (step++ % 64 === 0) {
        await nextTurn();
      }
      yield entry;
    }
  }

  function interrupt(): void {
    if (end === "signal") controller.abort(reason);
    if (end === "failure") throw reason;
  }
}

function streamOf<T>(items: AsyncGenerator<T>): ReadableStream<T> {
  return new ReadableStream<T>({
    async pull(controller): Promise<void> {
      const { done, value } = await items.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(): Promise<void> {
      await items.return(undefined);
    },
  });
}
