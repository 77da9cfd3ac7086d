/**
 * The order of tuples, said in another way than by bytes, and random tuples that are close in it.
 */
import type { Tuple, TuplePart } from "../../src/codec/tuple.ts";
import { below, pick, randomBytes, randomText } from "./random.ts";

/** Orders tuples by the documented rules, without encoding them. */
export function compareTuples(a: Tuple, b: Tuple): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareParts(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareParts(a: TuplePart, b: TuplePart): number {
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return rank;
  if (typeof a === "string") {
    const points = (text: TuplePart) =>
      Array.from(text as string, (character) => character.codePointAt(0)!);
    return compareTuples(points(a), points(b));
  }
  if (a instanceof Uint8Array) {
    return compareTuples([...a], [...b as Uint8Array]);
  }
  if (Array.isArray(a)) return compareTuples(a, b as Tuple);
  if (a === null) return 0;
  return a < b! ? -1 : a > b! ? 1 : 0;
}

function rankOf(part: TuplePart): number {
  if (part === null) return 0;
  if (part instanceof Uint8Array) return 1;
  const types = ["string", "number", "bigint", "boolean", "object"];
  return 2 + types.indexOf(typeof part);
}

const EDGE_NUMBERS = [
  0,
  -0,
  1,
  -1,
  255,
  256,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Infinity,
  -Infinity,
];

/** A random tuple of few, short parts. */
export function randomTuple(random: () => number, depth = 1): Tuple {
  const parts: TuplePart[] = [];
  for (let i = below(random, 4); i > 0; i--) {
    parts.push(randomPart(random, depth));
  }
  return parts;
}

/** A tuple that has much in common with `near`. */
export function nearTuple(random: () => number, near: Tuple): Tuple {
  const parts = [...near];
  const place = below(random, parts.length + 1);
  const part = parts[place];
  if (part === undefined || random() < 0.2) {
    parts.splice(place, below(random, 2), randomPart(random, 1));
  } else if (random() < 0.7) {
    parts[place] = nearPart(random, part);
  }
  return parts;
}

function randomPart(random: () => number, depth: number): TuplePart {
  switch (below(random, depth < 4 ? 8 : 7)) {
    case 0:
      return null;
    case 1:
      return randomBytes(random, below(random, 6));
    case 2:
      return randomText(random, below(random, random() < 0.1 ? 80 : 6));
    case 3:
      return pick(random, EDGE_NUMBERS);
    case 4:
      return (random() - 0.5) * 10 ** (below(random, 600) - 300);
    case 5:
      return randomBigint(random);
    case 6:
      return random() < 0.5;
    default:
      return randomTuple(random, depth + 1);
  }
}

function randomBigint(random: () => number): bigint {
  const bits = BigInt(below(random, random() < 0.1 ? 2_040 : 130));
  const magnitude = (1n << bits) - BigInt(below(random, 3));
  return random() < 0.5 ? magnitude : -magnitude;
}

function nearPart(random: () => number, part: TuplePart): TuplePart {
  if (typeof part === "string") {
    return random() < 0.5
      ? part + randomText(random, 1)
      : [...part].slice(0, below(random, part.length + 1)).join("");
  }
  if (typeof part === "number") {
    return Number.isFinite(part) ? part * (1 + (random() - 0.5) / 1e9) : 0;
  }
  // Stays inside of the bound, whichever bigint it was.
  if (typeof part === "bigint") return part > 0n ? part - 1n : part + 1n;
  if (typeof part === "boolean") return !part;
  if (part instanceof Uint8Array) {
    return Uint8Array.of(...part, ...randomBytes(random, 1));
  }
  return part === null ? null : nearTuple(random, part);
}
