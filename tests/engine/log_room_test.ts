// Room that small syncs make for appends behind the frames of a log, and all who read logs.
import { assert, assertEquals } from "@std/assert";
import { follow, open, repair, verify } from "../../mod.ts";
import { FRAME_HEADER_BYTES } from "../../src/format/log_format.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { FaultStorage, survivals } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { localAdapters } from "../support/local_adapters.ts";
import { tempDir } from "../support/temp_dir.ts";

const RECORDS = 60;
const key = (i: number) => String(i).padStart(3, "0");
const expected = Array.from({ length: RECORDS }, (_, i) => [key(i), "value"]);
const NEVER = { refreshMs: 3_600_000 };

/** A store whose one log has room behind the frames of writes that were synced one by one. */
async function roomyStore(): Promise<FaultStorage> {
  const storage = new FaultStorage();
  const db = await open(storage);
  for (let i = 0; i < RECORDS; i++) await db.put(key(i), "value");
  const left = storage.crash({ survival: "written" });
  const rooms = storage.trace.filter(({ operation }) =>
    operation === "reserve"
  );
  assert(rooms.length === 1, `${rooms.length}`);
  await db.close();
  return left;
}

for (const survival of survivals) {
  test(`A store whose log has room opens with all that was synced, and nothing else: ${survival}`, async () => {
    const storage = await roomyStore();
    await using db = await open(storage.crash({ survival }));
    assertEquals(await Array.fromAsync(db.scan()), expected);
    await db.put("more", "to come");
    await db.flush();
    assertEquals(await db.count(), RECORDS + 1);
  });
}

test("verify and repair have nothing to say about room", async () => {
  const storage = await roomyStore();
  const { ok, problems, entries } = await verify(storage);
  assertEquals({ ok, problems, entries }, {
    ok: true,
    problems: [],
    entries: RECORDS,
  });
  const into = new MemoryStorage();
  const report = await repair(storage, { into });
  assertEquals([report.losses, report.warnings], [[], []]);
  await using db = await open(into);
  assertEquals(await Array.fromAsync(db.scan()), expected);
});

test("verify tells of bytes in the room that are no frame", async () => {
  const storage = await roomyStore();
  const name = storage.fileNames.find((name) => name.endsWith(".log"))!;
  const log = storage.readFile(name)!;
  log[log.length - 1] = 1;
  storage.writeFile(name, log);
  const { ok, problems } = await verify(storage);
  assertEquals([ok, problems.map(({ code }) => code)], [true, ["torn-tail"]]);
});

test("A follower sees every write that takes the place of room", async () => {
  const storage = new FaultStorage();
  await using db = await open(storage);
  await using reader = await follow(storage, NEVER);
  for (let i = 0; i < RECORDS; i++) {
    await db.put(key(i), "value");
    await reader.refresh();
    assertEquals(reader.getSync(key(i)), "value");
    if (i % 7 === 0) await reader.refresh();
  }
});

test("A follower misses no write after a look that has failed", async () => {
  for (let call = 1; call < 12; call++) {
    const storage = new FaultStorage();
    await using db = await open(storage);
    for (let i = 0; i < 3; i++) await db.put(key(i), "value");
    await using reader = await follow(storage, NEVER);
    for (let i = 3; i < 20; i++) await db.put(key(i), "value");
    storage.inject({ kind: "fail", operation: "readAt", from: call });
    await reader.refresh().catch(() => {});
    storage.heal();
    await db.put("late", "value");
    await reader.refresh();
    assertEquals(reader.getSync("late"), "value", `call ${call}`);
  }
});

test("A follower does not read a frame that a crash has cut off, and one that was torn in room once it is whole", async () => {
  const engine = new FaultStorage();
  const db = await open(engine);
  for (let i = 0; i < RECORDS; i++) await db.put(key(i), "value");
  await db.put("last", "x".repeat(5000));
  const storage = engine.crash({ survival: "written" });
  await db.close();
  const name = storage.fileNames.find((name) => name.endsWith(".log"))!;
  const log = storage.readFile(name)!;
  const end = log.lastIndexOf("x".charCodeAt(0)) + 1;
  const torn = log.slice().fill(0, end - 8, end);

  storage.writeFile(name, log.slice(0, end - 8));
  {
    await using reader = await follow(storage, NEVER);
    storage.clearTrace();
    await reader.refresh();
    const reads = storage.trace.filter(({ operation, file }) =>
      operation === "readAt" && file === name
    );
    assertEquals(reads.map(({ bytes }) => bytes), [FRAME_HEADER_BYTES]);
  }
  storage.writeFile(name, torn);
  await using reader = await follow(storage, NEVER);
  assertEquals(await reader.count(), RECORDS);
  storage.writeFile(name, log);
  await reader.refresh();
  assertEquals(await reader.count(), RECORDS + 1);
});

for (const adapter of localAdapters) {
  test(`A worker flushes a log with room, on ${adapter.name}`, async () => {
    await using dir = tempDir();
    const options = { background: "worker" } as const;
    await using db = await open(adapter.connect(dir.path), options);
    const long = "v".repeat(2000);
    for (let i = 0; i < RECORDS; i++) await db.put(key(i), long);
    const batch = db.batch();
    for (let i = 0; i < 600; i++) batch.put(`b${i}`, long);
    await batch.commit();
    await db.flush();
    const { flush, worker } = db.stats();
    assertEquals([flush.count, worker.jobs], [1, 1]);
    assertEquals(await db.count(), RECORDS + 600);
  });
}
