import { assert, assertEquals } from "@std/assert";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { json, open, tuple } from "../../mod.ts";
import { test } from "../harness.ts";
import { kv } from "../support/command_line.ts";
import { tempDir } from "../support/temp_dir.ts";

test("--keyspace reads and writes a keyspace in its own forms, and stats names them all", async () => {
  await using dir = tempDir();
  const store = join(dir.path, "store");
  {
    await using db = await open(store);
    await db.put("plain", "1");
    const users = db.keyspace("users", { keys: tuple, values: json() });
    await users.put(["a", 1], { name: "Alice" });
  }
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
