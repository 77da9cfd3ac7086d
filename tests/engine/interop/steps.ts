import type { TuplePart } from "../../../src/codec/tuple.ts";
import { below, pick, seeded } from "../../codec/random.ts";

/** A key with parts of every type. */
export type Key = readonly TuplePart[];

/** What JSON can carry. */
export interface Value {
  readonly step: number;
  readonly text: string;
  readonly list: readonly (number | null | boolean)[];
}

/** A put, or, without a value, a delete. */
export type Write = readonly [key: Key, value: Value | undefined];

const WRITES_OF_A_STEP = 1_500;

/** All that the process of a step writes, some of it over what earlier ones have written. */
export function writesOf(step: number): Write[] {
  const random = seeded(step);
  return Array.from({ length: WRITES_OF_A_STEP }, (_, i): Write => {
    const key: Key = [
      pick(random, ["größe", "日本", "a\0b", "😀", ""]),
      pick<TuplePart>(random, [below(random, 90) / 8, -3, 10n ** 20n, -1n]),
      pick<TuplePart>(random, [null, true, Uint8Array.of(0, 255), [i % 7]]),
    ];
    if (random() < 0.2) return [key, undefined];
    const text = pick(random, ["ä", "x", "\u{10ffff}"]).repeat(i % 300);
    return [key, { step, text, list: [i / 3, -1e300, null, i % 2 === 0] }];
  });
}
