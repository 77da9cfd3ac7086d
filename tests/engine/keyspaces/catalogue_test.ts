import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { bytes, follow, open } from "../../../mod.ts";
import { compareBytes } from "../../../src/bytes/compare.ts";
import {
  catalogueKey,
  decodeKeyspace,
  decodeNextId,
  encodeKeyspace,
  encodeNextId,
} from "../../../src/engine/keyspaces/catalogue_format.ts";
import { prefixOf } from "../../../src/engine/keyspaces/layout.ts";
import type { Store } from "../../../src/engine/store/store.ts";
import { addBatch } from "../../../src/engine/write/batch_commit.ts";
import { BatchRecords } from "../../../src/engine/write/batch_records.ts";
import { KvError, type KvErrorCode } from "../../../src/errors.ts";
import { PUT } from "../../../src/format/kind.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { MemoryStorage } from "../../../src/storage/memory.ts";
import { FaultStorage } from "../../../src/testing/testing.ts";
import { below, seeded } from "../../codec/random.ts";
import { test } from "../../harness.ts";
import { AsyncStorage } from "../../support/async_storage.ts";
import { assertKvError } from "../../support/kv_error.ts";

const codecs = { keyCodec: "utf8", valueCodec: "json" };
const text = new TextEncoder();
const raws = { keys: bytes, values: bytes };
const YES = [true, true, true];

test("Prefixes sort as their ids, and none begins another", () => {
  const ids = [
    ...Array.from({ length: 600 }, (_, i) => i + 1),
    65_535,
    65_536,
    2 ** 24,
    2 ** 40 + 1,
    Number.MAX_SAFE_INTEGER - 1,
    Number.MAX_SAFE_INTEGER,
  ];
  for (let i = 1; i < ids.length; i++) {
    const [a, b] = [prefixOf(ids[i - 1]!), prefixOf(ids[i]!)];
    assertEquals(compareBytes(a, b) < 0, true, `${ids[i]}`);
    assertEquals(compareBytes(b.subarray(0, a.length), a) === 0, false);
    assertEquals([b[0], b.length <= 9, b[1] !== 0xff], [0xff, true, true]);
  }
  assertEquals(prefixOf(1), Uint8Array.of(0xff, 1));
  assertEquals(prefixOf(248), Uint8Array.of(0xff, 248, 248));
});

test("Values of the catalogue come back as they were written", () => {
  for (const id of [1, 127, 128, Number.MAX_SAFE_INTEGER]) {
    const record = { id, ...codecs };
    assertEquals(decodeKeyspace(encodeKeyspace(record), "x"), record);
    assertEquals(decodeNextId(encodeNextId(id)), id);
  }
});

test("A value that nobody has written is damage, or of a newer version, but never read wrongly", () => {
  const whole = encodeKeyspace({ id: 300, ...codecs });
  const random = seeded(5);
  for (let i = 0; i < 3_000; i++) {
    const bad = whole.slice(0, below(random, whole.length + 1));
    if (bad.length === whole.length) {
      bad[below(random, bad.length)]! ^= 1 << below(random, 8);
    }
    try {
      const { id, keyCodec, valueCodec } = decodeKeyspace(bad, "x");
      assertEquals([id >= 1, keyCodec !== "", valueCodec !== ""], YES);
    } catch (error) {
      if (!(error instanceof KvError)) throw error;
      const isTyped = /KV_CORRUPTION|KV_UNSUPPORTED/.test(error.code);
      assertEquals(isTyped, true, error.code);
    }
  }
  const newer = encodeNextId(5);
  newer[8] = 2;
  assertThrows(() => decodeNextId(newer), KvError, "version 2");
});

interface Entry {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** A store with such a catalogue, which no engine has made, in its log and in a segment. */
async function crafted(
  entries: readonly Entry[],
): Promise<{ inLog: Storage; inSegment: Storage }> {
  const storage = new FaultStorage();
  await using db = await open(storage, raws);
  // Writes of users are refused.
  const { store } = db as unknown as { store: Store };
  const records = new BatchRecords();
  for (const { name, value } of entries) {
    records.add(PUT, catalogueKey(name), value);
  }
  addBatch(store, records);
  await db.sync();
  const at = storage.trace.length;
  const inLog = storage.crash({ at, survival: "synced" });
  await db.close();
  return { inLog, inSegment: storage };
}

const head = (nextId: number): Entry => ({
  name: new Uint8Array(),
  value: encodeNextId(nextId),
});
const entry = (name: string, id: number): Entry => ({
  name: text.encode(name),
  value: encodeKeyspace({ id, ...codecs }),
});
const raw = (name: string, value: string): Entry => ({
  name: text.encode(name),
  value: text.encode(value),
});

const hostile: [string, Entry[], KvErrorCode, string][] = [
  [
    "an id that two have",
    [head(9), entry("a", 1), entry("b", 1)],
    "KV_CORRUPTION",
    "id of another",
  ],
  [
    "an id that is still to be given",
    [head(2), entry("a", 2)],
    "KV_CORRUPTION",
    "next id is 2",
  ],
  ["no id", [head(2), entry("a", 0)], "KV_CORRUPTION", "keyspace a"],
  [
    "a value that is none",
    [head(2), raw("a", "users")],
    "KV_CORRUPTION",
    "keyspace a is not in catalogue format",
  ],
  [
    "a cut off value",
    [head(2), raw("a", "KVSPACES\x01\x01\x04ut")],
    "KV_CORRUPTION",
    "keyspace a is malformed",
  ],
  [
    "bytes behind a value",
    [head(2), raw("a", "KVSPACES\x01\x01\x01u\x01u!")],
    "KV_CORRUPTION",
    "keyspace a is malformed",
  ],
  [
    "a codec without name",
    [head(2), raw("a", "KVSPACES\x01\x01\x00\x01u")],
    "KV_CORRUPTION",
    "keyspace a is malformed",
  ],
  [
    "no version",
    [head(2), raw("a", "KVSPACES")],
    "KV_CORRUPTION",
    "no version",
  ],
  [
    "a newer version",
    [head(2), raw("a", "KVSPACES\x02\x01")],
    "KV_UNSUPPORTED",
    "version 2",
  ],
  [
    "a head that is none",
    [raw("", "x"), entry("a", 1)],
    "KV_CORRUPTION",
    "header is not in catalogue format",
  ],
  [
    "a head without number",
    [raw("", "KVSPACES\x01"), entry("a", 1)],
    "KV_CORRUPTION",
    "header is malformed",
  ],
  [
    "a name that is no text",
    [head(2), {
      ...entry("a", 1),
      name: Uint8Array.of(0xc0),
    }],
    "KV_CORRUPTION",
    "name",
  ],
  [
    "a name that is too long",
    [head(2), entry("n".repeat(300), 1)],
    "KV_CORRUPTION",
    "name",
  ],
];

test("A catalogue that no engine has written is refused by open and follow, whether in a log or in a segment", async () => {
  for (const [what, entries, code, part] of hostile) {
    const { inLog, inSegment } = await crafted(entries);
    for (const storage of [inLog, inSegment]) {
      const openings = [
        () => open(storage, { ...raws, readOnly: true }),
        () => follow(storage, raws),
        () => open(storage, raws),
      ];
      for (const opening of openings) {
        const error = await assertKvError(opening, code, part);
        assertEquals(error.message.includes("keyspaces"), true, what);
      }
      // Nothing was left open.
      await assertKvError(openings[2]!, code, part);
    }
  }
});

test("Without its head the catalogue is read all the same, and no id is given twice", async () => {
  const { inLog, inSegment } = await crafted([entry("a", 7)]);
  for (const storage of [inLog, inSegment]) {
    {
      await using db = await open(storage, raws);
      assertEquals(db.keyspaces(), ["a"]);
      await db.keyspace("b").put("1", "v");
    }
    await using db = await open(storage, raws);
    assertEquals(db.keyspaces(), ["a", "b"]);
    assertEquals([...db.keyspace("b").scanSync()], [["1", "v"]]);
  }
});

test("What users have put where a catalogue would be is theirs", async () => {
  const own = [raw("", "mine"), raw("a", "KVSPACE")];
  const { inLog, inSegment } = await crafted(own);
  for (const storage of [inLog, inSegment]) {
    await using db = await open(storage, raws);
    assertEquals(db.keyspaces(), []);
    const values = [...db.scanSync()].map(([, value]) => value);
    assertEquals(values, own.map(({ value }) => value));
  }
});

test("What would pass for an entry of the catalogue at the next open is refused, however it is written", async () => {
  const storage = new FaultStorage();
  {
    await using db = await open(storage, raws);
    const { name, value } = entry("evil", 1);
    const key = catalogueKey(name);
    const long = new Uint8Array(100_000);
    long.set(value);
    for (const imitation of [value, long, text.encode("KVSPACES hello")]) {
      const writes = [
        () => db.put(key, imitation),
        () => db.batch().put(key, imitation).commit(),
        () => db.importFrom([[key, imitation]]),
        () => db.importFrom([[key, imitation]], { sorted: true }),
      ];
      for (const write of writes) {
        const error = await assertRejects(async () => await write(), KvError);
        assertEquals((error.cause ?? error) instanceof KvError, true);
        assertEquals(`${error.message}`.includes("KVSPACES"), true);
      }
    }
    // Others are the user's: another key, another value, a delete.
    await db.put(Uint8Array.of(0xff, 1), value);
    await db.put(key, text.encode("mine"));
    await db.del(catalogueKey(text.encode("other")));
    await db.batch().put(Uint8Array.of(0xff), value).commit();
  }
  await using db = await open(storage, raws);
  assertEquals(db.keyspaces(), []);
  assertEquals(db.countSync(), 3);
});

test("A write that is refused leaves no trace of its key, and keyspaces can be made after it", async () => {
  const storage = new AsyncStorage(new MemoryStorage());
  await using db = await open(storage, { ...raws, maxValueSize: 100 });
  const key = catalogueKey(text.encode("a"));
  await assertRejects(() => db.put(key, text.encode("KVSPACES")), KvError);
  await assertRejects(() => db.put(key, new Uint8Array(101)), KvError);
  await db.keyspace("users").put("u", "1");
  assertEquals(db.keyspaces(), ["users"]);
});
