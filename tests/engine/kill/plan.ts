import { below, seeded } from "../../codec/random.ts";

/** A put, or, without a value, a delete. */
export type Write = readonly [key: string, value: string | undefined];

/** One call of the engine. */
export interface Operation {
  readonly kind: "write" | "batch" | "flush" | "compact";
  readonly writes: readonly Write[];
  readonly sync: boolean;
}

const KEYS = 20_000;

/** All that the writer of a round does, one after the other, without an end. */
export function* operations(
  seed: number,
  round: number,
): Generator<Operation, never> {
  const random = seeded(seed + round);
  for (let number = 0;; number++) {
    const roll = random();
    const sync = random() < 0.2;
    if (roll < 0.002) {
      const kind = roll < 0.0015 ? "flush" : "compact";
      yield { kind, writes: [], sync };
      continue;
    }
    const isBatch = roll < 0.2;
    const count = isBatch ? 2 + below(random, 40) : 1;
    const writes = Array.from(
      { length: count },
      (_, i): Write => [
        `key ${below(random, KEYS)}`,
        random() < 0.2 ? undefined : valueOf(random, `${round}.${number}.${i}`),
      ],
    );
    yield { kind: isBatch ? "batch" : "write", writes, sync };
  }
}

/** A value like no other; some are longer than a block, few as long as a MemTable. */
function valueOf(random: () => number, name: string): string {
  const roll = random();
  const repeats = roll < 0.9 ? 5 : roll < 0.999 ? 300 : 8_000;
  return `${name} `.repeat(below(random, repeats) + 1);
}
