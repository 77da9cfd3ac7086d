// Files of entries that come in chunks of any size.
import { formOf } from "../../src/cli/form.ts";
import type { EntryReader } from "../../src/cli/transfer/entry.ts";

export const bytes = { keys: formOf("bytes"), values: formOf("bytes") };
export const text = { keys: formOf("utf8"), values: formOf("utf8") };

/** The entries that are read from `input`, in chunks of so many bytes. */
export async function read(
  reader: EntryReader,
  input: Uint8Array,
  size: number,
  forms = bytes,
): Promise<(readonly Uint8Array[])[]> {
  const entries = [];
  for await (const some of reader(chunks(input, size), forms)) {
    for (const [key, value] of some) {
      entries.push([new Uint8Array(key), new Uint8Array(value)]);
    }
  }
  return entries;
}

/** `input` in chunks of so many bytes. */
export async function* chunks(
  input: Uint8Array,
  size: number,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < input.length; at += size) {
    yield await Promise.resolve(input.subarray(at, at + size));
  }
}
