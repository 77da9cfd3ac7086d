import { tuple } from "../../../src/codec/tuple.ts";
import { utf8 } from "../../../src/codec/utf8.ts";
import { below, pick, randomBytes, randomText } from "../../codec/random.ts";
import { toLatin1 } from "./face.ts";

type Random = () => number;

/** Makes a key, encoded, as a string of one character a byte. */
export type KeyMaker = (random: Random) => string;

/**
 * Keys that formats get wrong: the empty one, ends of the range of bytes, each a prefix of others.
 */
const EDGES = ["", "\0", "\0\0", "\0\xff", "a", "a\0", "a\0\0", "a\xff", "ab"]
  .concat(["\x7f", "\x80", "\xfe\xff", "\xff", "\xff\0", "\xff\xff"])
  .concat(["\xff\xff\xff\xff\xff\xff\xff\xff\xff"]);

/** A handful of keys that are written and deleted all the time. */
export function edgeKey(random: Random): string {
  if (random() < 0.7) return pick(random, EDGES);
  return pick(random, EDGES) + String.fromCharCode(below(random, 256));
}

/** Long shared beginnings, which blocks compress. */
export function prefixedKey(random: Random): string {
  const shared = pick(random, [
    "user:",
    "user:\0",
    "u",
    "user:" + "x".repeat(99),
  ]);
  return `${shared}${below(random, 1500).toString(36)}`;
}

/** Counters of eight bytes, as time stamps or ids are. */
export function numberedKey(random: Random): string {
  return `\0\0\0\0${String.fromCharCode(below(random, 8))}` +
    String.fromCharCode(below(random, 10), below(random, 256), 7);
}

/** Bytes of every kind and length. */
export function anyKey(random: Random): string {
  return toLatin1(randomBytes(random, below(random, pick(random, [4, 40]))));
}

/** Text of every kind. */
export function textKey(random: Random): string {
  return toLatin1(utf8.encode(randomText(random, below(random, 5))));
}

/** Tuples of one to three parts. */
export function tupleKey(random: Random): string {
  const parts = [
    pick(random, ["user", "users", "", null, true]),
    pick(random, [below(random, 40) - 20, BigInt(below(random, 9)), "é\0"]),
    [below(random, 9) / 4],
  ];
  return toLatin1(tuple.encode(parts.slice(0, 1 + below(random, 3))));
}
