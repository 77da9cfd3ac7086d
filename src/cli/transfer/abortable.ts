import { Buffer } from "node:buffer";

/**
 * The next item, or the reason of the signal as soon as it is aborted: a read that waits for
 * standard input cannot be taken back in Deno.
 */
export function nextUnlessAborted<T>(
  items: AsyncIterator<T>,
  signal: AbortSignal,
): Promise<IteratorResult<T>> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    items.next().then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", stop));
  });
}

/** All bytes of a stream, likewise. */
export async function readAll(
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const chunks = stream[Symbol.asyncIterator]();
  const parts: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await nextUnlessAborted(chunks, signal);
    if (done) return new Uint8Array(Buffer.concat(parts));
    parts.push(value);
  }
}
