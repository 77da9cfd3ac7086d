import { assert, assertEquals } from "@std/assert";
import { randomUint32 } from "../../bench/common/data.ts";
import {
  fnvModulo,
  ScrambledZipfian,
  SkewedLatest,
  Zipfian,
} from "../../bench/common/zipfian.ts";
import { test } from "../harness.ts";

const DRAWS = 200_000;
const ITEMS = 1_000;
const SEED = 7;

test("fnvModulo is YCSB's 64-bit FNV hash, as BigInt has it", () => {
  const random = randomUint32(SEED);
  const numbers = [0, 1, 255, 256, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
  for (let i = 0; i < 2_000; i++) {
    numbers.push((random() % 2 ** 21) * 2 ** 32 + random());
  }
  for (const number of numbers) {
    for (const items of [1, 1_000, 999_983, 2 ** 26 - 1]) {
      const expected = Number(fnvByBigInt(BigInt(number)) % BigInt(items));
      assertEquals(fnvModulo(number, items), expected, `${number}, ${items}`);
    }
  }
});

test("Zipfian draws items in proportion to their rank, with YCSB's constant", () => {
  const counts = draw(new Zipfian(ITEMS, SEED));
  let zeta = 0;
  for (let i = 1; i <= ITEMS; i++) zeta += i ** -0.99;
  for (const rank of [1, 2]) {
    const share = rank ** -0.99 / zeta;
    assertNear(counts[rank - 1]! / DRAWS, share, 0.03);
  }
  // The rest follows a curve, by which YCSB comes close to the proportion.
  const head = counts.slice(0, 100).reduce((sum, count) => sum + count);
  let share = 0;
  for (let i = 1; i <= 100; i++) share += i ** -0.99 / zeta;
  assertNear(head / DRAWS, share, 0.03);
});

test("A Zipfian that has grown draws as one that began with as many items", () => {
  const grown = new Zipfian(10, SEED);
  grown.growTo(ITEMS);
  assertEquals(draw(grown), draw(new Zipfian(ITEMS, SEED)));
});

test("ScrambledZipfian has the same popular items, all over the place", () => {
  const counts = draw(new ScrambledZipfian(ITEMS, SEED));
  const popular = counts.indexOf(Math.max(...counts));
  assertEquals(popular, fnvModulo(0, ITEMS));
  assert(counts.every((count) => count > 0));
});

test("SkewedLatest draws the latest item most often", () => {
  const latest = new SkewedLatest(10, SEED);
  latest.growTo(ITEMS);
  const counts = draw(latest);
  assertEquals(counts.indexOf(Math.max(...counts)), ITEMS - 1);
});

function draw(generator: { next(): number }): number[] {
  const counts = new Array<number>(ITEMS).fill(0);
  for (let i = 0; i < DRAWS; i++) {
    const item = generator.next();
    assert(item >= 0 && item < ITEMS, String(item));
    counts[item]!++;
  }
  return counts;
}

function fnvByBigInt(number: bigint): bigint {
  let hash = 0xcbf29ce484222325n;
  for (let octet = 0n; octet < 8n; octet++) {
    hash ^= (number >> (8n * octet)) & 0xffn;
    hash = BigInt.asUintN(64, hash * 1099511628211n);
  }
  const signed = BigInt.asIntN(64, hash);
  return signed < 0n ? -signed : signed;
}

function assertNear(found: number, expected: number, tolerance: number): void {
  const ratio = found / expected;
  assert(Math.abs(ratio - 1) < tolerance, `${found} is not near ${expected}`);
}
