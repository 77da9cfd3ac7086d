import { assert, assertEquals } from "@std/assert";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytes, open } from "../../mod.ts";
import { test } from "../harness.ts";
import { kv } from "../support/command_line.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeStoreWithUsers } from "./store_with_users.ts";

test("--keyspace reads and writes a keyspace in its own forms, and stats names them all", async () => {
  await using dir = tempDir();
  const store = join(dir.path, "store");
  await makeStoreWithUsers(store);
  const users = ["--keyspace", "users"];
  const scanned = await kv(["scan", store, ...users]);
  assertEquals(scanned.stdout, '["a",1]\t{"name":"Alice"}\n', scanned.stderr);
  const found = await kv(["get", store, '["a",1]', ...users]);
  assertEquals(found.stdout, '{"name":"Alice"}\n');
  const put = await kv(["put", store, '["b",2]', '{"name":"Bob"}', ...users]);
  assertEquals(put.code, 0, put.stderr);
  const dumped = await kv(["dump", store, ...users]);
  const lines = '{"key":["a",1],"value":{"name":"Alice"}}\n' +
    '{"key":["b",2],"value":{"name":"Bob"}}\n';
  assertEquals(dumped.stdout, lines);
  assertEquals((await kv(["del", store, '["a",1]', ...users])).code, 0);
  assertEquals((await kv(["scan", store, "--count", ...users])).stdout, "1\n");
  assertEquals((await kv(["scan", store])).stdout, "plain\t1\n");

  writeFileSync(join(dir.path, "more.ndjson"), '{"key":"k","value":"v"}\n');
  const more = [store, join(dir.path, "more.ndjson"), "--keyspace", "more"];
  const none = await kv(["load", ...more]);
  assertEquals(none.code, 3);
  assert(none.stderr.includes("users"), none.stderr);
  const loaded = await kv(["load", ...more, "--create"]);
  assertEquals(loaded.code, 0, loaded.stderr);

  const stats = JSON.parse((await kv(["stats", store, "--json"])).stdout);
  assertEquals(stats.keyspaces, ["more", "users"]);
  const shown = await kv(["stats", store]);
  assert(/keyspaces +more, users\n/.test(shown.stdout), shown.stdout);

  const other = await kv(["put", store, "x", "y", ...users, "--keys", "utf8"]);
  assertEquals(other.code, 2);
  assert(other.stderr.includes("codec tuple"), other.stderr);
  const missing = await kv(["get", store, "x", "--keyspace", "nope"]);
  assertEquals(missing.code, 3, missing.stderr);
});

test("A keyspace that is not there is told along with those that are, and only writers are told how to make one", async () => {
  await using dir = tempDir();
  const store = join(dir.path, "store");
  {
    await using db = await open(store);
    await db.put("plain", "1");
    const none = await kv(["scan", store, "--keyspace", "nope"]);
    assert(
      none.stderr.endsWith("it does not exist, the store has no keyspaces\n"),
      none.stderr,
    );
    await db.keyspace("users").put("1", "v");
    await db.keyspace("cities").put("1", "v");
  }
  const nope = ["--keyspace", "nope"];
  const scanned = await kv(["scan", store, ...nope]);
  assertEquals([scanned.code, scanned.stderr], [
    3,
    "kv: KV_NOT_FOUND: Cannot open keyspace nope: it does not exist, the store has only cities, users\n",
  ]);
  const put = await kv(["put", store, "k", "v", ...nope]);
  assert(
    put.stderr.endsWith(
      "(put, load, shell and use create one with --create)\n",
    ),
  );
});

test("dump says which keyspaces it has left out and how to dump them, unless a part was asked for", async () => {
  await using dir = tempDir();
  const store = join(dir.path, "store");
  await makeStoreWithUsers(store);
  const file = (name: string) => join(dir.path, name);
  const line = '{"key":"plain","value":"1"}\n';
  const note = "Not dumped: keyspace users (--keyspace NAME dumps one)\n";
  const one = await kv(["dump", store]);
  assertEquals([one.code, one.stdout, one.stderr], [0, line, note]);
  {
    await using db = await open(store);
    await db.keyspace("\x1b").put("a", "1");
  }
  const both = await kv(["dump", store, file("a.csv")]);
  assert(both.stderr.startsWith("Dumped 1 entry, "), both.stderr);
  const names = "\nNot dumped: keyspaces \\x1b, users (--keyspace NAME dumps";
  assert(both.stderr.includes(names), both.stderr);

  const json = await kv(["dump", store, file("b.csv"), "--json"]);
  assertEquals(json.stderr, "");
  assertEquals(JSON.parse(json.stdout).notDumped, ["\x1b", "users"]);
  const piped = await kv(["dump", store, "--json"]);
  assertEquals(piped.stdout, line);
  assertEquals(JSON.parse(piped.stderr), { notDumped: ["\x1b", "users"] });

  for (const part of [["--keyspace", "users"], ["--prefix", "p"]]) {
    assertEquals((await kv(["dump", store, ...part])).stderr, "");
  }
  const shell = await kv(["shell", store], {
    input: `dump ${file("c.csv")}\nuse users\ndump ${file("d.csv")}`,
  });
  assertEquals(shell.stderr.split("Not dumped").length, 2, shell.stderr);
  assert(shell.stderr.includes("after use NAME"), shell.stderr);
  const help = await kv(["help", "dump"]);
  assert(!help.stdout.includes("everything"), help.stdout);
});

test("Names of keyspaces and codecs are shown with the escapes of keys, so that none gets at the terminal", async () => {
  await using dir = tempDir();
  const store = join(dir.path, "store");
  const name = "red\x1b[31m\u202e\\";
  const shown = "red\\x1b[31m\\u{202e}\\\\";
  const keys = { ...bytes, name: "co\x1b[31mdec" };
  {
    await using db = await open(store, { keys, values: keys });
    await db.keyspace(name).put("a", "1");
  }
  const stats = await kv(["stats", store]);
  assert(stats.stdout.includes(`${shown}\n`), stats.stdout);
  assert(stats.stdout.includes("co\\x1b[31mdec keys"), stats.stdout);
  const none = await kv(["get", store, "a", "--keyspace", `${name}?`]);
  assertEquals(
    none.stderr,
    `kv: KV_NOT_FOUND: Cannot open keyspace ${shown}?: it does not exist, the store has only ${shown}\n`,
  );
  const put = ["put", store, "a", "1", "--keyspace", name, "--keys", "json"];
  const other = await kv(put);
  assert(other.stderr.includes(`keyspace ${shown}: `), other.stderr);
  const inspected = await kv(["inspect", join(store, "MANIFEST")]);
  const repaired = await kv(["repair", store, "--into", join(dir.path, "b")]);
  for (const { stdout, stderr } of [stats, inspected, repaired]) {
    assert(stdout.includes("co\\x1b[31mdec"), stdout + stderr);
    assert(!/[^\P{C}\n]/u.test(stdout), stdout);
  }
});

test("stats shows the first and the last key that are in no keyspace, not where keyspaces lie", async () => {
  await using dir = tempDir();
  const store = join(dir.path, "store");
  {
    await using db = await open(store);
    await db.put("a", "1");
    await db.put("c", "1");
    await db.put("d", "1");
    await db.del("d");
    await db.keyspace("users").put("x", "1");
    await db.flush();
  }
  const stats = async () =>
    JSON.parse((await kv(["stats", store, "--json"])).stdout);
  assertEquals((await stats()).keys, { from: '"a"', to: '"c"' });
  {
    await using db = await open(store);
    await db.clear();
    await db.dropKeyspace("users");
  }
  const { keys, keyspaces } = await stats();
  assertEquals([keys, keyspaces], [undefined, []]);
});
