import { Buffer } from "node:buffer";
import { writeUint32, writeUint64 } from "../../src/bytes/fixed.ts";
import { writeVarint } from "../../src/bytes/varint.ts";
import type { Random } from "../../src/testing/random.ts";
import type { Sample } from "./samples.ts";

/** Another content of a file, and how it came about. */
export interface Mutant {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly what: string;
}

/** Numbers at which arithmetic goes wrong, if it does. */
const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000]
  .concat([0xffff_fff0, 0xffff_ffff, 2 ** 32, 2 ** 52, 2 ** 53 - 2])
  .concat([Number.MAX_SAFE_INTEGER]) as [number, ...number[]];

type Change = (bytes: Uint8Array, random: Random, sample: Sample) => Uint8Array;

/**
 * Ways in which bytes of a file go wrong. Each answers with the new content, which may be the array
 * that it was given.
 */
const CHANGES: [string, Change][] = [
  ["flipped bits", (bytes, random) => {
    for (let i = random.below(8); i >= 0; i--) {
      bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
    }
    return bytes;
  }],
  ["random bytes", (bytes, random) => {
    random.fill(someSpan(bytes, random, 64));
    return bytes;
  }],
  ["one byte over and over", (bytes, random) => {
    const value = random.pick([0, 0xff, 0x80, random.below(256)]);
    someSpan(bytes, random, bytes.length).fill(value);
    return bytes;
  }],
  ["a fixed integer", (bytes, random) => {
    const value = random.pick(EXTREMES);
    const room = new Uint8Array(8);
    if (value < 2 ** 32 && random.flip()) writeUint32(room, 0, value);
    else writeUint64(room, 0, value);
    return overwrite(bytes, random, room);
  }],
  ["a varint", (bytes, random) => {
    const room = new Uint8Array(10);
    const length = writeVarint(room, 0, random.pick(EXTREMES));
    return overwrite(bytes, random, room.subarray(0, length));
  }],
  ["a piece of itself", (bytes, random) => {
    const piece = someSpan(bytes, random, bytes.length).slice();
    return overwrite(bytes, random, piece);
  }],
  ["a piece of another file in the same place", (bytes, random, sample) => {
    const others = [...sample.files.values()]
      .concat(sample.formerFiles.map((file) => file.bytes));
    const other = others[random.below(others.length)]!;
    const start = random.below(Math.min(bytes.length, other.length));
    const end = start + 1 + random.below(other.length - start);
    bytes.set(other.subarray(start, Math.min(end, bytes.length)), start);
    return bytes;
  }],
  ["a shorter file", (bytes, random) => {
    return bytes.slice(0, random.below(bytes.length));
  }],
  ["a longer file", (bytes, random) => {
    const longer = new Uint8Array(bytes.length + 1 + random.below(5_000));
    if (random.flip()) random.fill(longer);
    longer.set(bytes);
    return longer;
  }],
  ["bytes left out", (bytes, random) => {
    const start = random.below(bytes.length);
    const end = start + 1 + random.below(200);
    return joined(bytes.subarray(0, start), bytes.subarray(end));
  }],
  ["bytes put in", (bytes, random) => {
    const at = random.below(bytes.length);
    const more = new Uint8Array(1 + random.below(50));
    if (random.flip()) random.fill(more);
    return joined(bytes.subarray(0, at), more, bytes.subarray(at));
  }],
];

/** Changes one file of a store at random, now and then in several ways. */
export function mutate(sample: Sample, random: Random): Mutant {
  const names = [...sample.files.keys()];
  const name = names[random.below(names.length)]!;
  let bytes: Uint8Array = sample.files.get(name)!.slice();
  const what: string[] = [];
  do {
    const [how, change] = CHANGES[random.below(CHANGES.length)]!;
    bytes = change(bytes, random, sample);
    what.push(how);
  } while (random.below(4) === 0 && bytes.length > 0);
  return { name, bytes, what: `${what.join(", ")} in ${name}` };
}

/** Some of the bytes, at most so many. */
function someSpan(
  bytes: Uint8Array,
  random: Random,
  most: number,
): Uint8Array {
  const start = random.below(bytes.length);
  const longest = Math.min(bytes.length - start, most);
  return bytes.subarray(start, start + 1 + random.below(longest));
}

/** Puts `piece` somewhere, as far as there is room for it. */
function overwrite(
  bytes: Uint8Array,
  random: Random,
  piece: Uint8Array,
): Uint8Array {
  const start = random.below(bytes.length);
  bytes.set(piece.subarray(0, bytes.length - start), start);
  return bytes;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
