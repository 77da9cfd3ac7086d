/** Deterministic randomness and hostile values for the tests of the codecs. */

/** A seeded generator of numbers from 0 up to, not including, 1 (mulberry32 by Tommy Ettinger). */
export function seeded(seed: number): () => number {
  let state = seed;
  return function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** An integer from 0 up to, not including, `limit`. */
export function below(random: () => number, limit: number): number {
  return Math.floor(random() * limit);
}

/** One of `choices`. */
export function pick<T>(random: () => number, choices: readonly T[]): T {
  return choices[below(random, choices.length)]!;
}

/** Random bytes, with the bytes that formats treat specially more often than chance has it. */
export function randomBytes(random: () => number, length: number): Uint8Array {
  const result = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    result[i] = random() < 0.3
      ? pick(random, [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff])
      : below(random, 256);
  }
  return result;
}

const EDGE_CODE_POINTS = [
  0x00,
  0x01,
  0x02,
  0x7f,
  0x80,
  0x7ff,
  0x800,
  0xd7ff,
  0xe000,
  0xfeff,
  0xfffd,
  0xffff,
  0x10000,
  0x10ffff,
];

/**
 * A well-formed string of `length` code points: ASCII, edges of the encoding lengths, all of
 * Unicode.
 */
export function randomText(random: () => number, length: number): string {
  const spread = pick(random, ["ascii", "edges", "unicode", "mixed"]);
  let text = "";
  for (let i = 0; i < length; i++) {
    const kind = spread === "mixed"
      ? pick(random, ["ascii", "ascii", "edges", "unicode"])
      : spread;
    text += String.fromCodePoint(codePoint(random, kind));
  }
  return text;
}

function codePoint(random: () => number, kind: string): number {
  if (kind === "ascii") return below(random, 0x80);
  if (kind === "edges") return pick(random, EDGE_CODE_POINTS);
  const point = below(random, 0x110000 - 0x800);
  return point < 0xd800 ? point : point + 0x800;
}
