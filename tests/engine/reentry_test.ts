import { assertEquals } from "@std/assert";
import { json, type KvEngine, open } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { assertKvError } from "../support/kv_error.ts";

type Engine = KvEngine<string, unknown>;

/** What would move or fill the place in memory that another value is being written to. */
const writes: ((db: Engine) => unknown)[] = [
  (db) => db.put("inner", "a value that is longer than the other"),
  (db) => db.del("inner"),
  (db) => db.batch().put("inner", 1).commit(),
  (db) => db.flush(),
  (db) => db.compact(),
];

test("A value cannot write to the store while it is encoded, but read it", async () => {
  const storage = new MemoryStorage();
  const options = { values: json<unknown>() };
  const expected: [string, unknown][] = [["before", 1]];
  {
    await using db = await open(storage, options);
    await db.put("before", 1);
    for (const [i, write] of writes.entries()) {
      let refused: Promise<unknown> | undefined;
      await db.put(`outer ${i}`, {
        toJSON: () => {
          refused = assertKvError(
            () => write(db),
            "KV_INVALID_ARGUMENT",
            "toJSON",
          );
          return db.getSync("before");
        },
      });
      await refused;
      expected.push([`outer ${i}`, 1]);
    }
    const thrown = { toJSON: () => db.batch() };
    await assertKvError(() => db.put("x", thrown), "KV_INVALID_ARGUMENT");
    await db.put("y", 2);
    expected.push(["y", 2]);
    assertEquals([...db.scanSync()], expected);
  }
  await using db = await open(storage, options);
  assertEquals([...db.scanSync()], expected);
});

type Batch = ReturnType<Engine["batch"]>;

test("A value cannot use the batch that it is encoded for, but other batches", async () => {
  await using db = await open(new MemoryStorage(), { values: json<unknown>() });
  const uses: ((batch: Batch) => unknown)[] = [
    (batch) => batch.put("inner", "a value that is longer than the other"),
    (batch) => batch.del("inner"),
    (batch) => batch.delRange({}),
    (batch) => batch.commit(),
  ];
  const batch = db.batch();
  const expected: [string, unknown][] = [];
  for (const [i, use] of uses.entries()) {
    let refused: Promise<unknown> | undefined;
    batch.put(`outer ${i}`, {
      toJSON: () => {
        refused = assertKvError(
          () => use(batch),
          "KV_INVALID_ARGUMENT",
          "toJSON",
        );
        void db.batch().put(`other ${i}`, "x".repeat(40)).commit();
        return i;
      },
    });
    await refused;
    expected.push([`other ${i}`, "x".repeat(40)], [`outer ${i}`, i]);
  }
  await batch.commit();
  expected.sort(([a], [b]) => a < b ? -1 : 1);
  assertEquals([...db.scanSync()], expected);
});
