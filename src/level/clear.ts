import type { AbstractSnapshot } from "abstract-level";
import type { WriteOptions } from "../engine/api/batch.ts";
import type { Engine } from "../engine/engine.ts";
import { Pacer } from "../engine/runtime/event_loop.ts";
import { boundsOf, type LevelRange } from "./bounds.ts";
import { writeOptions } from "./chained_batch.ts";
import type { Data } from "./formats.ts";
import type { Steps } from "./steps.ts";

/** What is to be cleared, as abstract-level hands it over. */
export interface ClearRange extends LevelRange, WriteOptions {
  /** -1 for no limit. */
  readonly limit: number;
  readonly snapshot?: AbstractSnapshot;
}

/** Bounds of one batch: at most so many keys, and none any more once they have so many bytes. */
const BATCH_KEYS = 1_000;
const BATCH_BYTES = 2 ** 20;

/** Deletes all keys of a range at once. */
export async function deleteRange(
  writer: Engine<Data, Data>,
  options: ClearRange,
): Promise<void> {
  const { reverse: _, ...bounds } = boundsOf(options);
  const write = writeOptions(options);
  const isBounded = Object.values(bounds).some((key) => key !== undefined);
  if (isBounded) await writer.delRange(bounds, write);
  else await writer.clear(write);
}

/** Deletes the keys that `steps` come to, in batches of bounded size. */
export async function deleteAll(
  steps: Steps<Uint8Array>,
  writer: Engine<Data, Data>,
  options: ClearRange,
): Promise<void> {
  const pacer = new Pacer();
  let left = options.limit < 0 ? Infinity : options.limit;
  let batch = writer.batch();
  let batchBytes = 0;
  while (left-- > 0) {
    const key = await steps.next();
    if (key === undefined) break;
    batch.del(key);
    batchBytes += key.length;
    if (batch.size >= BATCH_KEYS || batchBytes >= BATCH_BYTES) {
      // Durable with the last one, if at all: that comes after all others, in the log too.
      await batch.commit({ sync: false });
      batch = writer.batch();
      batchBytes = 0;
    }
    if (pacer.isDue()) await pacer.pause();
  }
  await batch.commit(writeOptions(options));
}
