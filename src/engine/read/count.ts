import { isPending } from "../../storage/awaitable.ts";
import type { RangeCursor } from "../../iterator/range_cursor.ts";
import { Pacer } from "../runtime/event_loop.ts";
import { openRange, type ScanSource } from "./scan.ts";
import { planCount } from "./whole_segments.ts";

/** Counts the keys of a range on storage that answers at once. */
export function countKeysSync(source: ScanSource): number {
  const { known, gaps } = planCount(source);
  let count = known;
  for (const { range, levels } of gaps) {
    const cursor = openRange({ ...source, range }, levels);
    try {
      while (cursor.advance()) count++;
    } finally {
      cursor.close();
    }
  }
  return count;
}

/** How a count is run. */
export interface CountControl {
  readonly signal: AbortSignal | undefined;
  /** Keeps the engine from closing while a step waits for storage. */
  readonly track: <R>(work: Promise<R>) => Promise<R>;
}

/** Counts the keys of a range in slices, and holds what it reads until it is done. */
export async function countKeys(
  source: ScanSource,
  control: CountControl,
): Promise<number> {
  source.state.retain();
  try {
    control.signal?.throwIfAborted();
    const { known, gaps } = planCount(source);
    const pacer = new Pacer();
    let count = known;
    for (const { range, levels } of gaps) {
      const cursor = openRange({ ...source, range }, levels);
      try {
        count += await countCursor(cursor, { ...control, ...source, pacer });
      } finally {
        cursor.close();
      }
    }
    return count;
  } finally {
    source.state.release();
  }
}

async function countCursor(
  cursor: RangeCursor,
  { pacer, signal, track, assertOpen }:
    & CountControl
    & Pick<ScanSource, "assertOpen">
    & { readonly pacer: Pacer },
): Promise<number> {
  for (let count = 0;; count++) {
    const moved = cursor.advance();
    if (!(isPending(moved) ? await track(moved) : moved)) return count;
    if (pacer.isDue()) await pacer.pause();
    else if (!isPending(moved)) continue;
    assertOpen();
    signal?.throwIfAborted();
  }
}
