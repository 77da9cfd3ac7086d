import type { KeySpans } from "../../src/memtable/sort.ts";

/** Lays keys out in one buffer, with noise between them: item `i` is `keys[i]`. */
export function spansOf(keys: readonly Uint8Array[]): KeySpans {
  const gap = 3;
  const total = keys.reduce((sum, { length }) => sum + length + gap, gap);
  const buffer = new Uint8Array(total).fill(0xee);
  const offsets: number[] = [];
  let at = gap;
  for (const key of keys) {
    buffer.set(key, at);
    offsets.push(at);
    at += key.length + gap;
  }
  return {
    buffer,
    offset: (item) => offsets[item]!,
    length: (item) => keys[item]!.length,
  };
}
