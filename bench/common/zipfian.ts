/**
 * The request distributions of YCSB, after its `ZipfianGenerator`, `ScrambledZipfianGenerator` and
 * `SkewedLatestGenerator` (Cooper et al., "Benchmarking Cloud Serving Systems with YCSB", 2010),
 * which follow Gray et al., "Quickly Generating Billion-Record Synthetic Databases", 1994.
 */
import { randomUint32 } from "./data.ts";

const THETA = 0.99;
const ALPHA = 1 / (1 - THETA);
const ZETA_2 = 1 + 0.5 ** THETA;

/** YCSB draws scrambled numbers from so many items, whatever the size of the store. */
const SCRAMBLED_ITEMS = 1e10;
/** The sum of `1 / i ** THETA` over all of them, as YCSB has it. */
const SCRAMBLED_ZETA = 26.46902820178302;

const TWO_32 = 2 ** 32;

/**
 * Numbers from 0 on, small ones far more often: number `i` in proportion to `1 / (i + 1) ** 0.99`.
 */
export class Zipfian {
  readonly #random: () => number;
  #items: number;
  #zeta: number;
  #eta: number;

  /** `zeta` is the sum over all items, if it is known. */
  constructor(items: number, seed: number, zeta?: number) {
    this.#random = randomUint32(seed);
    this.#items = items;
    this.#zeta = zeta ?? zetaSum(0, items);
    this.#eta = this.#etaNow();
  }

  next(): number {
    const u = this.#random() / TWO_32;
    const uz = u * this.#zeta;
    if (uz < 1) return 0;
    if (uz < ZETA_2) return 1;
    return Math.floor(
      this.#items * (this.#eta * u - this.#eta + 1) ** ALPHA,
    );
  }

  /** Draws from more items from now on. */
  growTo(items: number): void {
    this.#zeta += zetaSum(this.#items, items);
    this.#items = items;
    this.#eta = this.#etaNow();
  }

  #etaNow(): number {
    return (1 - (2 / this.#items) ** (1 - THETA)) / (1 - ZETA_2 / this.#zeta);
  }
}

/** Zipfian numbers below `items` with the popular ones scattered over all of them. */
export class ScrambledZipfian {
  readonly #zipfian: Zipfian;
  readonly #items: number;

  constructor(items: number, seed: number) {
    this.#zipfian = new Zipfian(SCRAMBLED_ITEMS, seed, SCRAMBLED_ZETA);
    this.#items = items;
  }

  next(): number {
    return fnvModulo(this.#zipfian.next(), this.#items);
  }
}

/** Numbers below a count that grows, the latest most often. */
export class SkewedLatest {
  readonly #zipfian: Zipfian;
  #items: number;

  constructor(items: number, seed: number) {
    this.#zipfian = new Zipfian(items, seed);
    this.#items = items;
  }

  next(): number {
    return this.#items - 1 - this.#zipfian.next();
  }

  /** There are so many from now on. */
  growTo(items: number): void {
    this.#zipfian.growTo(items);
    this.#items = items;
  }
}

function zetaSum(from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += 1 / (i + 1) ** THETA;
  return sum;
}

/**
 * The absolute value of YCSB's 64-bit FNV hash of a number below 2^53, modulo `items`, which is
 * below 2^26 so that products stay exact. In two halves of 32 bits, since BigInt would take longer
 * than all else; the prime is 2^40 + 435.
 */
export function fnvModulo(number: number, items: number): number {
  let [numberHigh, numberLow] = [Math.floor(number / TWO_32), number >>> 0];
  let [high, low] = [0xcbf29ce4, 0x84222325];
  for (let octet = 0; octet < 8; octet++) {
    low = (low ^ (numberLow & 0xff)) >>> 0;
    numberLow = (numberLow >>> 8) | (numberHigh << 24);
    numberHigh >>>= 8;
    const product = low * 435;
    high = (high * 435 + Math.floor(product / TWO_32) + ((low << 8) >>> 0)) %
      TWO_32;
    low = product % TWO_32;
  }
  if (high >= 2 ** 31) {
    low = (-low) >>> 0;
    high = (~high + (low === 0 ? 1 : 0)) >>> 0;
  }
  return ((high % items) * (TWO_32 % items) + low) % items;
}
