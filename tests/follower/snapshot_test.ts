import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  follow,
  json,
  type KvEngine,
  type KvReader,
  type KvSnapshot,
  open,
} from "../../mod.ts";
import { KvCorruptionError } from "../../src/errors.ts";
import { MANIFEST_NAME } from "../../src/format/file_names.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { below, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { assertKvError } from "../support/kv_error.ts";
import { localAdapters } from "../support/local_adapters.ts";
import { smallStore } from "../support/small_store.ts";
import { tempDir } from "../support/temp_dir.ts";
import { CutStorage } from "./cut_storage.ts";

const NEVER = { refreshMs: 0 };

type Snapshot = KvSnapshot<string, string>;
type Entries = [string, string][];

function key(i: number): string {
  return String(i).padStart(2, "0");
}

/** Some puts, deletes and range deletes. */
async function write(
  db: KvEngine<string, string>,
  model: Map<string, string>,
  random: () => number,
): Promise<void> {
  for (let i = 0; i < 15; i++) {
    const at = below(random, 90);
    if (random() < 0.1) {
      const range = { gte: key(at), lt: key(at + 8) };
      void db.delRange(range);
      for (let n = at; n < at + 8; n++) model.delete(key(n));
    } else if (random() < 0.25) {
      void db.del(key(at));
      model.delete(key(at));
    } else {
      const value = `${i}`.repeat(below(random, 60));
      void db.put(key(at), value);
      model.set(key(at), value);
    }
  }
  await db.sync();
}

async function expectState(reader: Snapshot, expected: Entries, name: string) {
  assertEquals(await Array.fromAsync(reader.scan()), expected, name);
  const reversed = await Array.fromAsync(reader.scan({ reverse: true }));
  assertEquals(reversed, expected.toReversed(), name);
  assertEquals(await reader.count(), expected.length, name);
  const model = new Map(expected);
  for (let i = 0; i < 98; i += 7) {
    assertEquals(await reader.get(key(i)), model.get(key(i)), name);
  }
}

for (const kind of ["memory", "promises", ...localAdapters]) {
  const name = typeof kind === "string" ? kind : kind.name;
  test(`A snapshot of a follower on ${name} stays what it was, through refreshes, flushes, compactions and range deletes`, async () => {
    await using dir = tempDir();
    const inner = typeof kind === "string"
      ? new MemoryStorage()
      : kind.connect(dir.path);
    const storage = kind === "promises" ? new AsyncStorage(inner) : inner;
    const random = seeded(41);
    await using db = await open(storage, { ...smallStore, sync: false });
    await using reader = await follow(storage, NEVER);
    const model = new Map<string, string>();
    const held: { snapshot: Snapshot; expected: Entries }[] = [];
    for (let round = 0; round < 60; round++) {
      await write(db, model, random);
      if (random() < 0.2) await db.flush();
      if (random() < 0.1) await db.compact();
      await reader.refresh();
      const expected = [...model].sort(([a], [b]) => a < b ? -1 : 1);
      held.push({ snapshot: reader.snapshot(), expected });
      if (held.length > 4) {
        const [gone] = held.splice(below(random, held.length), 1);
        gone!.snapshot.close();
      }
      for (const [i, { snapshot, expected }] of held.entries()) {
        await expectState(snapshot, expected, `round ${round}, held ${i}`);
      }
    }
    assert(db.stats().compaction.count > 1);
  });
}

test("A snapshot of a follower sees a range delete that a later one has covered in the same log", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage);
  await db.put("b", "1");
  await db.delRange({ gte: "a", lt: "c" });
  await using reader = await follow(storage, NEVER);
  using before = reader.snapshot();
  await db.delRange({ gte: "a", lt: "d" });
  await reader.refresh();
  assertEquals(reader.hasSync("b"), false);
  assertEquals(before.hasSync("b"), false);
  assertEquals([...before.keysSync()], []);
  assertEquals(before.sequence, 2);
});

test("A snapshot of a follower shows keyspaces as they were, whatever is made and dropped later", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage);
  await using reader = await follow(storage, NEVER);
  const users = reader.keyspace("users", { values: json<number>() });
  using empty = reader.snapshot();
  await db.put("plain", "x");
  await db.keyspace("users", { values: json<number>() }).put("a", 1);
  await reader.refresh();
  using first = reader.snapshot();
  await db.dropKeyspace("users");
  await reader.refresh();
  using dropped = reader.snapshot();
  await db.keyspace("other").put("a", "not here");
  await db.keyspace("users", { values: json<number>() }).put("b", 2);
  await db.compact();
  await reader.refresh();
  using last = reader.snapshot();
  const seen = [empty, first, dropped, last].map((snapshot) => [
    ...snapshot.keyspace(users).scanSync(),
  ]);
  assertEquals(seen, [[], [["a", 1]], [], [["b", 2]]]);
  assertEquals([...first.scanSync()], [["plain", "x"]]);
  const other: KvReader<string, string> = last.keyspace(
    reader.keyspace("other"),
  );
  assertEquals(other.getSync("a"), "not here");
});

test("A snapshot of a follower refuses keyspaces that are not of that follower", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage);
  await using reader = await follow(storage, NEVER);
  await using stranger = await follow(storage, NEVER);
  using snapshot = reader.snapshot();
  using ofEngine = db.snapshot();
  const invalid = "KV_INVALID_ARGUMENT";
  const theirs = stranger.keyspace("users");
  await assertKvError(() => snapshot.keyspace(theirs), invalid, "another");
  const engines = db.keyspace("users");
  await assertKvError(() => snapshot.keyspace(engines), invalid, "keyspace()");
  await assertKvError(() => ofEngine.keyspace(theirs), invalid, "keyspace()");
  await assertKvError(
    () => snapshot.keyspace(1 as never),
    invalid,
    "not a keyspace",
  );
});

test("A snapshot of a follower is closed by itself or with the follower, and readable while that cannot keep up", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage);
  await db.put("a", "1");
  const broken = new CutStorage(storage, MANIFEST_NAME, Infinity);
  await using reader = await follow(broken, NEVER);
  const snapshot = reader.snapshot();
  const other = reader.snapshot();
  const users = other.keyspace(reader.keyspace("users"));
  const scan = other.scanSync();
  broken.cut = 30;
  await assertRejects(() => reader.refresh(), KvCorruptionError);
  assertEquals(snapshot.getSync("a"), "1");
  await assertRejects(async () => {
    await Promise.resolve();
    reader.snapshot();
  }, KvCorruptionError);
  snapshot.close();
  snapshot.close();
  await assertKvError(() => snapshot.getSync("a"), "KV_CLOSED", "snapshot");
  assertEquals(other.getSync("a"), "1");
  await reader.close();
  await assertKvError(() => other.getSync("a"), "KV_CLOSED", "follower");
  await assertKvError(() => users.getSync("a"), "KV_CLOSED", "follower");
  await assertKvError(() => scan.next(), "KV_CLOSED", "follower");
  await assertKvError(() => reader.snapshot(), "KV_CLOSED", "follower");
  other.close();
});

test("A snapshot of a follower lets go of its files when it is closed, and the follower of those of snapshots that never were", async () => {
  const storage = new FaultStorage();
  await using db = await open(storage, smallStore);
  const rewrite = async (value: string) => {
    for (let i = 0; i < 100; i++) await db.put(key(i), value);
    await db.compact();
  };
  await rewrite("old");
  const reader = await follow(storage, NEVER);
  const isHeldFor = (held: Snapshot) => {
    assertEquals(held.getSync("05"), "old");
    return storage.openFiles.some((name) => !storage.fileNames.includes(name));
  };
  const snapshot = reader.snapshot();
  const forgotten = reader.snapshot();
  await rewrite("new");
  await reader.refresh();
  assertEquals(isHeldFor(snapshot), true);
  snapshot.close();
  assertEquals(isHeldFor(forgotten), true);
  await reader.close();
  const engineAlone = storage.openFiles;
  assertEquals(new Set(engineAlone).size, engineAlone.length);
  forgotten.close();

  await using second = await follow(storage, NEVER);
  const brief = second.snapshot();
  await rewrite("newest");
  await second.refresh();
  const held = storage.openFiles.length;
  brief.close();
  await Promise.resolve();
  assert(storage.openFiles.length < held);
});
