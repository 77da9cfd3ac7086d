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
