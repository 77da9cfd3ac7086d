import { RangeTombstones } from "../../src/tombstones/range_tombstones.ts";

/** The UTF-8 bytes of a key. */
export function key(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A range tombstone: start, end or `null`, sequence numbers from the newest on. */
export type RangeText = readonly [
  start: string,
  end: string | null,
  ...sequences: number[],
];

/** Range tombstones by ascending key. */
export function ranges(
  ...all: readonly RangeText[]
): RangeTombstones {
  return new RangeTombstones(
    all.map(([start, end, ...sequences]) => ({
      start: key(start),
      end: end === null ? undefined : key(end),
      sequences,
    })),
  );
}

/** Range tombstones in the form that {@linkcode ranges} takes. */
export function rangesOf(
  { fragments }: RangeTombstones,
): RangeText[] {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return fragments.map(({ start, end, sequences }) => [
    text(start),
    end === undefined ? null : text(end),
    ...sequences,
  ]);
}
