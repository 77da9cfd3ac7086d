// Checked when it is compiled: each keyspace takes and gives the types of its codecs.
import { assertEquals } from "@std/assert";
import {
  bytes,
  follow,
  json,
  type KvKeyspace,
  open,
  type Tuple,
  tuple,
} from "../../../mod.ts";
import { MemoryStorage } from "../../../src/storage/memory.ts";
import { test } from "../../harness.ts";
import { holds, type Same } from "../../support/types.ts";

interface User {
  name: string;
}

test("The types of keys and values go with the codecs of a keyspace, through batches, snapshots and followers", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage, { keys: bytes });
  const plain = db.keyspace("plain");
  const users = db.keyspace("users", { keys: tuple, values: json<User>() });
  holds<Same<typeof plain, KvKeyspace<string, string>>>();
  holds<Same<typeof users, KvKeyspace<Tuple, User>>>();

  const batch = db.batch();
  batch.in(users).put([1], { name: "Alice" }).in(plain).put("1", "Alice");
  batch.put(Uint8Array.of(1), "1");
  await batch.commit();
  const user = users.getSync([1]);
  holds<Same<typeof user, User | undefined>>();
  for (const [key, value] of users.scanSync()) {
    holds<Same<typeof key, Tuple>>();
    holds<Same<typeof value, User>>();
  }
  using snapshot = db.snapshot();
  const before = await snapshot.keyspace(users).get([1]);
  holds<Same<typeof before, User | undefined>>();
  await using reader = await follow(storage, { keys: bytes });
  const followed = reader.keyspace("users", {
    keys: tuple,
    values: json<User>(),
  });
  await reader.refresh();
  const seen = followed.getSync([1]);
  holds<Same<typeof seen, User | undefined>>();
  assertEquals([user, before, seen], Array(3).fill({ name: "Alice" }));

  // What must not compile.
  const wrong = () => {
    // @ts-expect-error the key is no tuple
    void users.put("1", { name: "Alice" });
    // @ts-expect-error the value is no user
    void users.put([1], "Alice");
    // @ts-expect-error the key is no text
    void plain.get(1);
    // @ts-expect-error the bound is no tuple
    users.scan({ gte: "1" });
    // @ts-expect-error the batch takes users here
    batch.in(users).put([1], { title: "Alice" });
    // @ts-expect-error a follower writes nothing
    void followed.put([1], { name: "Alice" });
    // @ts-expect-error a keyspace is not closed by itself
    void users.close();
  };
  assertEquals(typeof wrong, "function");
});
