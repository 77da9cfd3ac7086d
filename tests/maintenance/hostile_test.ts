import { assert, assertEquals } from "@std/assert";
import { KvError, repair, verify } from "../../mod.ts";
import { crc32 } from "../../src/bytes/crc32.ts";
import { writeUint32 } from "../../src/bytes/fixed.ts";
import { FRAME_HEADER_BYTES } from "../../src/format/log_format.ts";
import { FOOTER_BYTES } from "../../src/segment/format.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { randomFrom } from "../segment/support.ts";
import { frameStartsOf, layoutOf, sealSection } from "./crafted.ts";
import {
  contentOf,
  copyOf,
  expectFromHistory,
  sampleStore,
  STRIDE,
} from "./damaged_store.ts";

const { storage, history } = await sampleStore();
const names = storage.list();

/** Verifies and repairs: whatever the bytes are, both come to an end and the result is a store. */
async function survive(
  damaged: MemoryStorage,
  where: string,
): Promise<Map<string, string>> {
  const { ok, problems } = await verify(damaged);
  assert(ok || problems.length > 0, where);
  const into = new MemoryStorage();
  const codec = { name: "utf8" };
  const report = await repair(damaged, { into, keys: codec, values: codec });
  const after = await verify(into);
  assertEquals([after.ok, after.problems], [true, []], where);
  const content = await contentOf(into, []);
  assertEquals(content.size, report.entries, where);
  return content;
}

test("Whatever stands in a file, verify and repair come to an end, and no value is made up", async () => {
  const random = randomFrom(1);
  const fills: [string, (bytes: Uint8Array) => Uint8Array | undefined][] = [
    ["nothing", () => new Uint8Array(0)],
    ["zeros", (bytes) => new Uint8Array(bytes.length)],
    ["ones", (bytes) => bytes.fill(255)],
    ["garbage", (bytes) => bytes.map(() => random(256))],
    ["a longer file of zeros", (bytes) => extended(bytes, 300_000)],
    ["itself twice", (bytes) => Uint8Array.from([...bytes, ...bytes])],
    ["itself without its first byte", (bytes) => bytes.slice(1)],
    ["no file", () => undefined],
  ];
  for (const name of names) {
    for (const [what, fill] of fills) {
      const where = `${name}: ${what}`;
      const damaged = copyOf(
        storage,
        (file, bytes) => file === name ? fill(bytes) : bytes,
      );
      expectFromHistory(await survive(damaged, where), history, where);
    }
  }
});

test("Files in one another's places make up no value", async () => {
  for (const name of names) {
    for (const other of names) {
      if (name === other) continue;
      const swapped = copyOf(storage);
      swapped.rename(name, "aside");
      swapped.rename(other, name);
      swapped.rename("aside", other);
      const where = `${name} and ${other}`;
      expectFromHistory(await survive(swapped, where), history, where);
    }
  }
});

test("However many bytes are hit, verify and repair come to an end, and no value is made up", async () => {
  for (let seed = 0; seed < 200; seed += STRIDE) {
    const random = randomFrom(seed);
    const damaged = copyOf(storage, (_, bytes) => mutated(bytes, random));
    const where = `seed ${seed}`;
    expectFromHistory(await survive(damaged, where), history, where);
  }
});

test("Lies with right checksums are survived too", async () => {
  let refused = 0;
  for (let seed = 0; seed < 300; seed += STRIDE) {
    const random = randomFrom(10_000 + seed);
    const damaged = copyOf(storage, (name, bytes) => lied(name, bytes, random));
    try {
      await survive(damaged, `seed ${seed}`);
    } catch (error) {
      // A newer format is no damage, and a text that is none is for the codec to refuse.
      const isRefusal = error instanceof KvError &&
        (error.code === "KV_UNSUPPORTED" || /UTF-8/i.test(error.message));
      if (!isRefusal) throw error;
      refused++;
    }
  }
  assert(refused < 150, `${refused} were refused`);
});

function extended(bytes: Uint8Array, count: number): Uint8Array {
  const longer = new Uint8Array(bytes.length + count);
  longer.set(bytes);
  return longer;
}

type RandomBelow = (below: number) => number;

/** Flips, overwrites, moves or cuts something. */
function mutated(bytes: Uint8Array, random: RandomBelow): Uint8Array {
  const result = bytes.slice();
  for (let hits = random(4); hits > 0; hits--) {
    const at = random(result.length);
    const length = random(Math.min(200, result.length - at) + 1);
    const kind = random(5);
    if (kind === 0) result[at]! ^= 1 << random(8);
    if (kind === 1) result.fill(random(256), at, at + length);
    if (kind === 2) {
      result.copyWithin(random(result.length), at, at + length);
    }
    if (kind === 3 && random(3) === 0) return result.slice(0, at);
    if (kind === 4 && random(3) === 0) return extended(result, length);
  }
  return result;
}

/** Changes a few bytes of one part of a file, whose checksum fits again afterwards. */
function lied(
  name: string,
  bytes: Uint8Array,
  random: RandomBelow,
): Uint8Array {
  if (name === "MANIFEST") {
    // Behind the names of the codecs.
    if (random(2) === 0) hit(bytes, 46, bytes.length, random);
    const header = crc32(bytes.subarray(0, 16));
    writeUint32(bytes, 16, crc32(bytes.subarray(20), header));
  } else if (name.endsWith(".log")) {
    const salt = new DataView(bytes.buffer).getUint32(12, true);
    const starts = frameStartsOf(bytes);
    const frame = random(starts.length - 1);
    const [start, end] = [starts[frame]!, starts[frame + 1]!];
    const from = random(2) === 0 ? start + FRAME_HEADER_BYTES : start + 4;
    hit(bytes, from, end, random);
    writeUint32(bytes, start, crc32(bytes.subarray(start + 4, end), salt));
  } else {
    lieInSegment(name, bytes, random);
  }
  return bytes;
}

function lieInSegment(
  name: string,
  bytes: Uint8Array,
  random: RandomBelow,
): void {
  const layout = layoutOf(bytes, name);
  const { hashOffset, indexOffset, propertiesOffset } = layout.footer;
  const footerStart = bytes.length - FOOTER_BYTES;
  const bounds = [...layout.blockStarts, indexOffset, propertiesOffset];
  bounds.push(footerStart);
  assert(bounds.includes(hashOffset));
  const part = random(bounds.length);
  const [start, end] = [bounds[part]!, bounds[part + 1]];
  if (end === undefined) {
    hit(bytes, footerStart, footerStart + 40, random);
    const crc = crc32(bytes.subarray(footerStart, footerStart + 40));
    writeUint32(bytes, footerStart + 40, crc);
  } else {
    hit(bytes, start, end - 4, random);
    sealSection(layout, start, end);
  }
}

function hit(
  bytes: Uint8Array,
  start: number,
  end: number,
  random: RandomBelow,
): void {
  for (let hits = 1 + random(3); hits > 0; hits--) {
    const at = start + random(end - start);
    bytes[at] = random(3) === 0 ? 255 : bytes[at]! ^ (1 << random(8));
  }
}
