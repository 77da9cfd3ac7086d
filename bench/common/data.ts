import { Buffer } from "node:buffer";

/**
 * Distinct values: a prime, so that neighbours and generations differ, and so few that they stay in
 * the CPU cache.
 */
const VALUES = 509;

/** Order and content of what is written and read, from a seed. */
export class Data {
  readonly num: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly #seed: number;
  readonly #values: readonly string[];

  constructor(
    { num, keySize, valueSize, seed }: {
      readonly num: number;
      readonly keySize: number;
      readonly valueSize: number;
      readonly seed: number;
    },
  ) {
    this.num = num;
    this.keySize = keySize;
    this.valueSize = valueSize;
    this.#seed = seed;
    const random = randomUint32(seed);
    this.#values = Array.from(
      { length: VALUES },
      () => randomText(valueSize, random),
    );
  }

  /** The value that write number `generation` of key number `index` gives it. */
  value(index: number, generation: number): string {
    return this.#values[(index + generation) % VALUES]!;
  }

  /** The numbers below `count`, ascending. */
  ascending(count: number): Uint32Array {
    return new Uint32Array(count).map((_, i) => i);
  }

  /** The numbers below `count` in an order that `salt` picks. */
  shuffled(count: number, salt: number): Uint32Array {
    const order = this.ascending(count);
    const random = randomUint32(this.#seed + 1_000_003 * salt);
    for (let i = count - 1; i > 0; i--) {
      const j = random() % (i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  /** `count` numbers out of `choices`, as they come. */
  picked(count: number, choices: Uint32Array, salt: number): Uint32Array {
    const random = randomUint32(this.#seed + 1_000_003 * salt);
    return new Uint32Array(count).map(() =>
      choices[random() % choices.length]!
    );
  }

  /**
   * The keys with these numbers. They are made ahead and in the order of their use, as if each had
   * just come in: neither making them nor fetching them from all over the heap is measured.
   */
  keys(order: Uint32Array, suffix = ""): string[] {
    const keys = new Array<string>(order.length);
    for (let i = 0; i < order.length; i++) {
      keys[i] = flat(this.key(order[i]!) + suffix);
    }
    return keys;
  }

  /** The values that write number `generation` gives to keys with these numbers. */
  values(order: Uint32Array, generation: number): string[] {
    return Array.from(order, (index) => this.value(index, generation));
  }

  /** The keys with these numbers, as {@linkcode Data.scatteredKey} has them. */
  scatteredKeys(order: Uint32Array): string[] {
    return Array.from(order, (index) => flat(this.scatteredKey(index)));
  }

  /**
   * A key whose place in the order of the keys has nothing to do with its number, as YCSB hashes
   * them. No two are the same.
   */
  scatteredKey(index: number): string {
    return this.key(Math.imul(index, 0x9e3779b1) >>> 0);
  }

  /** The key with this number. */
  key(index: number): string {
    return String(index).padStart(this.keySize, "0");
  }
}

/** A string in one piece; engines keep concatenations as trees until somebody looks. */
function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

function randomText(length: number, random: () => number): string {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = 32 + random() % 95;
  return bytes.toString("latin1");
}

/** Numbers of 32 bits: splitmix32. */
export function randomUint32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}
