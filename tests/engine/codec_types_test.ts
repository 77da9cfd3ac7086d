// Checked when it is compiled: keys and values are text unless a codec says otherwise.
import { assertEquals } from "@std/assert";
import {
  type Codec,
  type EngineOptions,
  follow,
  type FollowOptions,
  json,
  type KeyspaceOptions,
  type KvEngine,
  type KvFollower,
  type KvKeyspace,
  type KvKeyspaceReader,
  open,
  type OpenOptions,
  type Tuple,
  tuple,
  utf8,
} from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { holds, type Same } from "../support/types.ts";

interface User {
  name: string;
}

const users = { values: json<User>() };

test("What is opened or followed without a codec has text for it, and with one what that says", async () => {
  const places = Array.from({ length: 4 }, () => new MemoryStorage());
  const [plain, valued, keyed, both] = places as [
    MemoryStorage,
    MemoryStorage,
    MemoryStorage,
    MemoryStorage,
  ];
  await using a = await open(plain);
  await using b = await open(valued, { ...users, sync: false });
  await using c = await open(keyed, { keys: tuple });
  await using d = await open(both, { keys: tuple, values: json<User>() });
  holds<Same<typeof a, KvEngine<string, string>>>();
  holds<Same<typeof b, KvEngine<string, User>>>();
  holds<Same<typeof c, KvEngine<Tuple, string>>>();
  holds<Same<typeof d, KvEngine<Tuple, User>>>();

  await using e = await follow(plain, { refreshMs: 0 });
  await using f = await follow(valued, users);
  await using g = await follow(keyed, { keys: tuple, cacheSize: 0 });
  await using h = await follow(both, { keys: tuple, values: json<User>() });
  holds<Same<typeof e, KvFollower<string, string>>>();
  holds<Same<typeof f, KvFollower<string, User>>>();
  holds<Same<typeof g, KvFollower<Tuple, string>>>();
  holds<Same<typeof h, KvFollower<Tuple, User>>>();

  const engine: EngineOptions = { sync: false };
  await using i = await open(new MemoryStorage(), engine);
  holds<Same<typeof i, KvEngine<string, string>>>();
  // What a codec leaves open, the context says.
  const j: KvKeyspace<string, User> = a.keyspace("users", { values: json() });
  const k = a.keyspace("any", { values: json() });
  holds<Same<typeof k, KvKeyspace<string, unknown>>>();
  assertEquals([j.name, k.name], ["users", "any"]);
});

test("A keyspace of an engine or a follower that is asked for without a codec has text for it", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage, { keys: tuple, values: json<User>() });
  const a = db.keyspace("a");
  const b = db.keyspace("b", users);
  const c = db.keyspace("c", { keys: tuple });
  const d = db.keyspace("d", { keys: utf8, values: json<User>() });
  const e = db.keyspace("e", {});
  holds<Same<typeof a, KvKeyspace<string, string>>>();
  holds<Same<typeof b, KvKeyspace<string, User>>>();
  holds<Same<typeof c, KvKeyspace<Tuple, string>>>();
  holds<Same<typeof d, KvKeyspace<string, User>>>();
  holds<Same<typeof e, KvKeyspace<string, string>>>();

  await using reader = await follow(storage, {
    keys: tuple,
    values: json<User>(),
  });
  const f = reader.keyspace("f");
  const g = reader.keyspace("g", users);
  const h = reader.keyspace("h", { keys: tuple });
  holds<Same<typeof f, KvKeyspaceReader<string, string>>>();
  holds<Same<typeof g, KvKeyspaceReader<string, User>>>();
  holds<Same<typeof h, KvKeyspaceReader<Tuple, string>>>();
  using snapshot = db.snapshot();
  const seen = snapshot.keyspace(b);
  holds<Same<typeof seen, KvKeyspaceReader<string, User>>>();
  assertEquals(seen.name, "b");
});

test("A codec that is forgotten does not compile, wherever the types are said", () => {
  const wrong = async (db: KvEngine<string, string>) => {
    // @ts-expect-error no codec makes users
    const a: KvEngine<string, User> = await open("./x");
    // @ts-expect-error neither with other options
    const b: KvEngine<string, User> = await open("./x", { sync: false });
    // @ts-expect-error nor with that for the keys alone
    const c: KvEngine<Tuple, User> = await open("./x", { keys: tuple });
    // @ts-expect-error nor with that for the values alone
    const d: KvEngine<Tuple, User> = await open("./x", users);
    // @ts-expect-error no codec makes numbers
    const e = await open<number, User>("./x");
    // @ts-expect-error no codec makes numbers
    const f = await follow<number, User>("./x");
    // @ts-expect-error no codec makes users
    const g: KvFollower<string, User> = await follow("./x", { refreshMs: 0 });
    // @ts-expect-error no codec makes users
    const h: KvKeyspace<string, User> = db.keyspace("users");
    // @ts-expect-error no codec makes users
    const i = db.keyspace<string, User>("users");
    // @ts-expect-error no codec makes tuples
    const j: KvKeyspace<Tuple, User> = db.keyspace("users", users);
    // @ts-expect-error no codec makes users
    const k: KvKeyspaceReader<string, User> = g.keyspace("users", {});
    // @ts-expect-error there is no such option
    const l = await open("./x", { keys: tuple, synk: true });
    // @ts-expect-error there is no such option
    const m = db.keyspace("users", { value: json<User>() });
    return [a, b, c, d, e, f, g, h, i, j, k, l, m];
  };
  assertEquals(typeof wrong, "function");
});

/** As somebody wraps the engine whose users bring codecs, or leave them out. */
async function wrapped<K, V>(
  storage: MemoryStorage,
  options: OpenOptions<K, V> = {},
): Promise<KvEngine<K, V>> {
  await (await open(storage, options)).close();
  return await open(storage, { ...options, sync: false });
}

test("What wraps the engine hands options on whose codecs only their type knows", async () => {
  const storage = new MemoryStorage();
  const options: OpenOptions<string, User> = users;
  await using db = await wrapped(storage, options);
  holds<Same<typeof db, KvEngine<string, User>>>();
  const followed: FollowOptions<string, User> = users;
  await using reader = await follow(storage, followed);
  holds<Same<typeof reader, KvFollower<string, User>>>();
  const given: KeyspaceOptions<Tuple, User> | undefined = { keys: tuple };
  const keyspace = db.keyspace("users", given);
  holds<Same<typeof keyspace, KvKeyspace<Tuple, User>>>();

  const values: Codec<User> = json();
  await using own = await open<string, User>(new MemoryStorage(), { values });
  await using text = await open<string, string>(new MemoryStorage(), {
    sync: false,
  });
  holds<Same<typeof text, KvEngine<string, string>>>();
  await own.put("1", { name: "Alice" });
  assertEquals(own.getSync("1"), { name: "Alice" });
});
