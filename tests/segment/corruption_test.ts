import { assert, assertEquals, assertRejects } from "@std/assert";
import { crc32 } from "../../src/bytes/crc32.ts";
import { writeUint32 } from "../../src/bytes/fixed.ts";
import { KvCorruptionError, KvError } from "../../src/errors.ts";
import { BlockCache } from "../../src/segment/block_cache.ts";
import { FOOTER_BYTES } from "../../src/segment/format.ts";
import { test } from "../harness.ts";
import {
  build,
  bytes,
  collect,
  del,
  EVERYTHING,
  kvErrorOf,
  layout,
  lookUp,
  openBytes,
  put,
  randomFrom,
  randomRows,
  reseal,
  type Row,
  show,
} from "./support.ts";

const ROWS: Row[] = [
  put("", "empty", 0),
  put("apple", "green", 7),
  del("apple", 5),
  put("apple", "red", 2),
  put("apricot", "x".repeat(130), 0),
  del("banana", 0),
  put("cherry", new Uint8Array(100), 300),
  put("cherry pie", "", 0),
];

/** Reads everything in every way; the answers must be right unless an error comes first. */
async function assertRightAnswers(content: Uint8Array): Promise<void> {
  const reader = await openBytes(content, new BlockCache(1 << 20));
  for (const row of ROWS) {
    const found = await lookUp(reader, row.key, row.sequence);
    assertEquals(show(found), show(row));
  }
  assertEquals(await lookUp(reader, bytes("absent")), undefined);
  const cursor = reader.cursor({ maxSequence: 0, allVersions: true });
  const read = await collect(cursor, (cursor) => cursor.seekToFirst());
  assertEquals(read.map(show), ROWS.map(show));
}

/** Reads everything in every way and only looks at the shape of the answers. */
async function readAll(content: Uint8Array): Promise<void> {
  const reader = await openBytes(content, new BlockCache(1 << 20));
  for (const row of ROWS) {
    await kvErrorOf(async () => void await lookUp(reader, row.key, 3));
    await kvErrorOf(async () => void await lookUp(reader, row.key));
  }
  for (const maxSequence of [4, EVERYTHING]) {
    const cursor = reader.cursor({ maxSequence });
    await kvErrorOf(async () => {
      await collect(cursor, (cursor) => cursor.seekToFirst());
    });
    await kvErrorOf(async () => {
      await collect(cursor, (cursor) => cursor.seekToLast(), "prev");
    });
    await kvErrorOf(async () => {
      await collect(cursor, (cursor) => cursor.seek(bytes("apricot")));
    });
  }
  const all = reader.cursor({ maxSequence: 0, allVersions: true });
  await collect(all, (cursor) => cursor.seekToFirst());
}

for (const compression of ["none", "deflate", "zstd"] as const) {
  test(`every flipped bit of a segment with compression ${compression} is noticed or harmless`, async () => {
    const content = await build(ROWS, { blockSize: 60, compression });
    await assertRightAnswers(content);
    for (let i = 0; i < content.length; i++) {
      for (let bit = 0; bit < 8; bit++) {
        content[i]! ^= 1 << bit;
        const error = await kvErrorOf(() => assertRightAnswers(content));
        content[i]! ^= 1 << bit;
        assert(
          error instanceof KvCorruptionError,
          `bit ${bit} of byte ${i} was not noticed: ${error}`,
        );
        assertEquals(error.file, "test.seg");
        assert(error.offset >= 0 && error.offset < content.length);
      }
    }
  });
}

test("a segment cut off at any length is refused", async () => {
  const content = await build(ROWS, { blockSize: 60 });
  for (let length = 0; length < content.length; length++) {
    await assertRejects(
      () => openBytes(content.slice(0, length)),
      KvCorruptionError,
    );
  }
});

test("a segment with bytes behind it or missing at its front is refused", async () => {
  const content = await build(ROWS, { blockSize: 60 });
  for (const extra of [1, 4, 4096]) {
    const longer = new Uint8Array(content.length + extra);
    longer.set(content);
    await assertRejects(() => openBytes(longer), KvCorruptionError);
    const shifted = new Uint8Array(content.length + extra);
    shifted.set(content, extra);
    await assertRejects(() => openBytes(shifted), KvCorruptionError);
  }
  for (let start = 1; start < content.length; start++) {
    await assertRejects(
      () => openBytes(content.slice(start)),
      KvCorruptionError,
    );
  }
});

/** Rows that make blocks of equal length. */
const UNIFORM = Array.from(
  { length: 300 },
  (_, i) => put(`key ${String(i + 100)}`, "the same value"),
);

/** A segment of equal rows and two neighbouring blocks of it that take the same space. */
async function withEqualBlocks() {
  const content = await build(UNIFORM, { blockSize: 100 });
  const { sections, footer } = layout(content);
  const i = sections.findIndex(({ start, end }, i) => {
    const next = sections[i + 1];
    return next !== undefined && next.end - next.start === end - start;
  });
  return { content, footer, first: sections[i]!, second: sections[i + 1]! };
}

/** Scans until the damage is met. */
async function assertScanFails(content: Uint8Array, why = ""): Promise<void> {
  const reader = await openBytes(content);
  const cursor = reader.cursor({ maxSequence: EVERYTHING });
  await assertRejects(
    async () => void await collect(cursor, (cursor) => cursor.seekToFirst()),
    KvCorruptionError,
    why,
  );
}

test("a section of another segment is refused", async () => {
  const content = await build(UNIFORM, { blockSize: 100 });
  const other = await build(UNIFORM, { blockSize: 100, salt: 99 });
  assertEquals(content.length, other.length);
  for (const { start, end } of layout(content).sections) {
    const stale = content.slice();
    stale.set(other.subarray(start, end), start);
    await assertRejects(async () => {
      const reader = await openBytes(stale);
      for (const row of UNIFORM) await lookUp(reader, row.key);
    }, KvCorruptionError);
  }
});

test("a block in the place of another one is refused", async () => {
  const { content, first, second } = await withEqualBlocks();
  content.set(content.subarray(first.start, first.end), second.start);
  await assertScanFails(content, "checksum");
});

test("a block in the place of another one is refused even if its checksum is made right", async () => {
  const { content, footer, first, second } = await withEqualBlocks();
  content.set(content.subarray(first.start, first.end), second.start);
  reseal(content, second, footer.salt);
  await assertScanFails(content, "separators");
});

test("a segment of a newer version is refused by name and version, not as damaged", async () => {
  const content = await build(ROWS);
  const footer = content.subarray(content.length - FOOTER_BYTES);
  writeUint32(footer, 36, 2);
  writeUint32(footer, 40, crc32(footer.subarray(0, 40)));
  const error = await assertRejects(() => openBytes(content), KvError);
  assertEquals(error.code, "KV_UNSUPPORTED");
  assert(error.message.includes("test.seg"));
  assert(error.message.includes("2"));
});

test("a decompression bomb is refused at the length that was declared", async () => {
  const rows = [put("k", new Uint8Array(1 << 20))];
  for (const compression of ["deflate", "zstd"] as const) {
    const content = await build(rows, { compression });
    const { sections, footer } = layout(content);
    for (const declared of [0, 100, (1 << 20) - 1, 0x4000_0001, 0xffff_ffff]) {
      const crafted = content.slice();
      writeUint32(crafted, sections[0]!.start, declared);
      reseal(crafted, sections[0]!, footer.salt);
      const reader = await openBytes(crafted);
      await assertRejects(
        async () => void await lookUp(reader, bytes("k")),
        KvCorruptionError,
      );
    }
  }
});

test("crafted sections with right checksums give typed errors or spans within bounds, and no hang", async () => {
  const random = randomFrom(2024);
  for (let round = 0; round < 6000; round++) {
    const compression = round % 10 === 0 ? "deflate" : "none";
    const content = await build(ROWS, { blockSize: 60, compression });
    const { sections, footer } = layout(content);
    const section = sections[random(sections.length)]!;
    for (let i = random(4); i >= 0; i--) {
      const at = section.start + random(section.end - section.start - 4);
      content[at] = random(3) === 0
        ? random(256)
        : content[at]! ^ (1 << random(8));
    }
    reseal(content, section, footer.salt);
    await kvErrorOf(() => readAll(content));
  }
});

test("a crafted footer with a right checksum gives a typed error or the right layout", async () => {
  const random = randomFrom(77);
  const original = await build(ROWS, { blockSize: 60 });
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    const content = original.slice();
    const footer = content.subarray(content.length - FOOTER_BYTES);
    for (let i = random(3); i >= 0; i--) {
      footer[random(36)]! ^= 1 << random(8);
    }
    writeUint32(footer, 40, crc32(footer.subarray(0, 40)));
    if (await kvErrorOf(() => readAll(content)) !== undefined) refused++;
  }
  assert(refused > 2900);
});

test("random damage to larger segments never gives a wrong answer", async () => {
  for (let seed = 0; seed < 150; seed++) {
    const random = randomFrom(seed);
    const rows = randomRows(random, { keys: 120, versions: 3 });
    const content = await build(rows, { blockSize: 50 + random(400) });
    const start = random(content.length);
    const damaged = content.slice();
    damaged.fill(random(256), start, start + 1 + random(300));
    const error = await kvErrorOf(async () => {
      const reader = await openBytes(damaged);
      for (const row of rows) {
        const found = await lookUp(reader, row.key, row.sequence);
        assertEquals(show(found), show(row));
      }
      const cursor = reader.cursor({ maxSequence: 0, allVersions: true });
      const read = await collect(cursor, (cursor) => cursor.seekToFirst());
      assertEquals(read.map(show), rows.map(show));
    });
    assert(error === undefined || error instanceof KvCorruptionError);
  }
});
