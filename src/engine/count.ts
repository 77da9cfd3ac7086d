import { isPending } from "../storage/awaitable.ts";
import { Pacer } from "./event_loop.ts";
import { openRange, type ScanSource } from "./scan.ts";

/** What is counted: a scan whose entries nobody looks at. */
export type CountSource = Omit<ScanSource<never>, "decode">;

/** Counts the keys of a range on storage that answers at once. */
export function countKeysSync(source: CountSource): number {
  const cursor = openRange(source);
  let count = 0;
  while (cursor.advance()) count++;
  return count;
}

/** Counts the keys of a range in slices, and holds what it reads until it is done. */
export async function countKeys(
  source: CountSource,
  { signal, track }: {
    readonly signal: AbortSignal | undefined;
    /** Keeps the engine from closing while a step waits for storage. */
    readonly track: <R>(work: Promise<R>) => Promise<R>;
  },
): Promise<number> {
  const pacer = new Pacer();
  const { state, assertOpen } = source;
  state.retain();
  try {
    signal?.throwIfAborted();
    const cursor = openRange(source);
    for (let count = 0;; count++) {
      const moved = cursor.advance();
      if (!(isPending(moved) ? await track(moved) : moved)) return count;
      if (pacer.isDue()) await pacer.pause();
      else if (!isPending(moved)) continue;
      assertOpen();
      signal?.throwIfAborted();
    }
  } finally {
    state.release();
  }
}
