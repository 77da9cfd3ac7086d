/** A seeded source of chance: the same seed gives the same numbers in every runtime. */
export class Random {
  #state: number;

  /** @param seeds What the numbers depend on. Neighbouring seeds give unrelated numbers. */
  constructor(...seeds: readonly number[]) {
    this.#state = seeds.reduce((state, seed) => mixIn(state, seed), 0);
  }

  /**
   * An integer of 0 to `limit` - 1, where `limit` is 2^32 at most (mulberry32 by Tommy Ettinger).
   */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    const state = this.#state;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    const bits = (mixed ^ (mixed >>> 14)) >>> 0;
    return Math.floor(bits / 0x1_0000_0000 * limit);
  }

  /** True or false, each as often. */
  flip(): boolean {
    return this.below(2) === 0;
  }

  /** One of `choices`. */
  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)]!;
  }

  /** The items in a random order (Fisher and Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const item = shuffled[i]!;
      shuffled[i] = shuffled[j]!;
      shuffled[j] = item;
    }
    return shuffled;
  }

  /** Fills `target`. */
  fill(target: Uint8Array): void {
    for (let i = 0; i < target.length; i++) target[i] = this.below(256);
  }
}

/** The last step of MurmurHash3, once for each half of the seed, which may be any safe integer. */
function mixIn(state: number, seed: number): number {
  return mix(mix(state ^ (seed >>> 0)) ^ Math.floor(seed / 0x1_0000_0000));
}

function mix(word: number): number {
  let mixed = (word + 0x9e3779b9) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
