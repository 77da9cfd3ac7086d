import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { json, open, tuple } from "../../mod.ts";
import { test } from "../harness.ts";
import { kv } from "../support/command_line.ts";
import { tempDir } from "../support/temp_dir.ts";

test("put, get, scan and del say by their exit codes what was found", async () => {
  await using dir = tempDir();
  const store = join(dir.path, "store");
  const missing = await kv(["get", store, "a"]);
  assertEquals(missing.code, 3);
  assertMatch(missing.stderr, /^kv: KV_NOT_FOUND: .*--create\)\n$/);
  assertEquals((await kv(["put", store, "a", "b\\tc", "--create"])).code, 0);
  const bytes = await kv(["put", store, "from input"], { input: "x\ny" });
  assertEquals(bytes.code, 0, bytes.stderr);

  const found = await kv(["get", store, "a"]);
  assertEquals([found.code, found.stdout, found.stderr], [0, "b\\tc\n", ""]);
  assertEquals(
    (await kv(["get", store, "from input", "--raw"])).stdout,
    "x\ny",
  );
  const scanned = await kv(["scan", store, "--reverse", "--json"]);
  assertEquals(
    scanned.stdout,
    '{"key":"from input","value":"x\\ny"}\n{"key":"a","value":"b\\tc"}\n',
  );
  const gone = await kv(["del", store, "a", "z", "--json"]);
  assertEquals([gone.code, gone.stdout], [
    1,
    '{"removed":1,"missing":["z"]}\n',
  ]);
  const absent = await kv(["get", store, "a"]);
  assertEquals([absent.code, absent.stdout], [1, ""]);
});

test("A store with tuples and JSON is shown in its own forms, and written in no others", async () => {
  await using dir = tempDir();
  {
    await using db = await open(dir.path, { keys: tuple });
    await db.put(["user", 1, Uint8Array.of(255)], "Alice");
  }
  const scanned = await kv(["scan", dir.path, "--prefix", '["user"]']);
  assertEquals(scanned.stdout, '["user",1,{"bytes":"ff"}]\tAlice\n');
  const other = await kv(["put", dir.path, "x", "y", "--keys", "utf8"]);
  assertEquals(other.code, 2);
  assert(other.stderr.includes("codec tuple"), other.stderr);
  const shown = await kv(["scan", dir.path, "--keys", "bytes", "--keys-only"]);
  assertMatch(shown.stdout, /^[0-9a-f]+\n$/);
});

test("What is wrong on the command line ends with 2 and one line that says what", async () => {
  await using dir = tempDir();
  const wrong = [
    [["nope"], "unknown command"],
    [["repair", dir.path], "--into"],
    [["scan", dir.path, "--limit", "x"], "Expected a whole number"],
    [["put", dir.path, "a\\q", "b", "--create"], "unknown escape"],
  ] as const;
  for (const [args, problem] of wrong) {
    const { code, stderr } = await kv(args);
    assertEquals(code, 2, stderr);
    assert(stderr.startsWith("kv: ") && stderr.includes(problem), stderr);
    assert(!stderr.includes("    at "), stderr);
  }
  const help = await kv(["scan", "--help"]);
  assertEquals(help.code, 0);
  assert(help.stdout.includes("Examples:"), help.stdout);
});

test("Reading goes on beside the engine that writes the store; writing is refused with 3", async () => {
  await using dir = tempDir();
  await using db = await open(dir.path);
  await db.put("a", "1");
  const found = await kv(["get", dir.path, "a"]);
  assertEquals([found.code, found.stdout], [0, "1\n"], found.stderr);
  const refused = await kv(["put", dir.path, "a", "2", "--json"]);
  assertEquals(refused.code, 3);
  assertEquals(JSON.parse(refused.stderr).error.code, "KV_LOCKED");
  const stats = await kv(["stats", dir.path, "--json"]);
  assertEquals(JSON.parse(stats.stdout).keyCodec, "utf8");
});

test("load and dump carry a store through every format, packed and not", async () => {
  await using dir = tempDir();
  const source = join(dir.path, "source");
  const expected: string[] = [];
  {
    await using db = await open(source);
    const batch = db.batch();
    for (let i = 0; i < 3000; i++) batch.put(`k${i}`, `"v",\n${i}\u{1f600}`);
    await batch.commit();
    for (const entry of db.scanSync()) expected.push(entry.join("="));
  }
  for (const name of ["a.ndjson.gz", "a.csv", "a.bin"]) {
    const file = join(dir.path, name);
    const dumped = await kv(["dump", source, file]);
    assertEquals(dumped.code, 0, dumped.stderr);
    assertEquals(statSync(file).mode & 0o777, 0o600, name);
    const copy = join(dir.path, `${name}-copy`);
    const loaded = await kv(["load", copy, file, "--create", "--json"]);
    assertEquals(loaded.code, 0, loaded.stderr);
    assertEquals(JSON.parse(loaded.stdout).entries, 3000, name);
    await using db = await open(copy, { readOnly: true });
    const entries = [...db.scanSync()].map((entry) => entry.join("="));
    assertEquals(entries, expected, name);
  }
  assertEquals((await kv(["dump", source, join(dir.path, "a.csv")])).code, 4);
});

test("load --sorted takes what dump has written, all of it or nothing", async () => {
  await using dir = tempDir();
  const [store, file] = [join(dir.path, "store"), join(dir.path, "a.ndjson")];
  const lines = (prefix: string) =>
    Array.from({ length: 2500 }, (_, i) => {
      const key = prefix + String(i).padStart(4, "0");
      return `{"key":"${key}","value":"v"}\n`;
    }).join("");
  const load = ["load", store, file, "--create", "--sorted"];
  writeFileSync(file, lines("k"));
  const loaded = await kv([...load, "--json"]);
  assertEquals(loaded.code, 0, loaded.stderr);
  assertEquals(JSON.parse(loaded.stdout).entries, 2500);

  writeFileSync(file, lines("m") + lines("a"));
  const refused = await kv(load);
  assertEquals(refused.code, 4, refused.stderr);
  assert(refused.stderr.includes('"a0000" comes after'), refused.stderr);
  writeFileSync(file, `${lines("n")}{`);
  const broken = await kv(load);
  assertEquals(broken.code, 4, broken.stderr);
  assert(broken.stderr.includes("Cannot load line 2501"), broken.stderr);
  assertEquals((await kv(["dump", store])).stdout, lines("k"));
});

test("load keeps what came before an entry that the store does not take, and says which entry it is", async () => {
  await using dir = tempDir();
  const store = join(dir.path, "store");
  const input = '{"key":"a","value":"1"}\n' +
    `{"key":"${"k".repeat(70_000)}","value":"2"}\n{"key":"z","value":"3"}\n`;
  const { code, stderr } = await kv(["load", store, "--create"], { input });
  assertEquals(code, 4, stderr);
  assertMatch(stderr, /kv: DATA: .* entry 2\b.*maxKeySize/);
  assert(stderr.includes("Loaded before that: 1 entry"), stderr);
  assertEquals((await kv(["scan", store, "--count"])).stdout, "1\n");
});

test("load keeps what came before a wrong line and says which line it is", async () => {
  await using dir = tempDir();
  const store = join(dir.path, "store");
  const input = '{"key":"a","value":"1"}\n{"key":"b"}\n';
  const { code, stderr } = await kv(["load", store, "--create"], { input });
  assertEquals(code, 4);
  assert(stderr.includes("Loaded before that: 1 entry"), stderr);
  assert(stderr.includes("kv: DATA: Cannot load line 2"), stderr);
  assertEquals((await kv(["scan", store, "--count"])).stdout, "1\n");

  const csv = 'key,value\na,2\nb,"x\nc,3\n';
  const broken = await kv(["load", store, "--format", "csv"], { input: csv });
  assertEquals(broken.code, 4);
  assertMatch(broken.stderr, /kv: DATA: Cannot load line \d+/);
});

test("verify, inspect and repair end with 1 for damage and say where it is", async () => {
  await using dir = tempDir();
  const store = join(dir.path, "store");
  {
    await using db = await open(store);
    for (let i = 0; i < 500; i++) {
      await db.put(`k${i}`, `v${i}`, { sync: false });
    }
    await db.flush();
  }
  assertEquals((await kv(["verify", store])).code, 0);
  const name = readdirSync(store).find((file) => file.endsWith(".seg"))!;
  const segment = join(store, name);
  const names = await kv(["inspect", join(store, "MANIFEST"), "--json"]);
  assertEquals(JSON.parse(names.stdout).facts.entries, 500, names.stderr);
  const bytes = readFileSync(segment);
  bytes[20]! ^= 0xff;
  writeFileSync(segment, bytes);

  const verified = await kv(["verify", store]);
  assertEquals(verified.code, 1, verified.stderr);
  assert(verified.stdout.includes("segment-block"), verified.stdout);
  const inspected = await kv(["inspect", segment]);
  assertEquals(inspected.code, 1, inspected.stderr);
  assert(inspected.stdout.includes(`${name} at byte 0`), inspected.stdout);
  const saved = join(dir.path, "saved");
  const repaired = await kv(["repair", store, "--into", saved, "--json"]);
  assertEquals(repaired.code, 1, repaired.stderr);
  const { entries, losses } = JSON.parse(repaired.stdout);
  assert(entries > 0 && entries < 500 && losses.length === 1);
  assertEquals((await kv(["scan", saved, "--count"])).stdout, `${entries}\n`);
});

test("compact, checkpoint and bench do what they say", async () => {
  await using dir = tempDir();
  const store = join(dir.path, "store");
  {
    await using db = await open(store);
    await db.put("a", "1");
  }
  const copy = join(dir.path, "copy");
  assertEquals((await kv(["checkpoint", store, copy])).code, 0);
  const compacted = await kv(["compact", copy, "--json"]);
  assertEquals(compacted.code, 0, compacted.stderr);
  assertEquals((await kv(["get", copy, "a"])).stdout, "1\n");
  const bench = await kv(["bench", dir.path, "--num", "200", "--json"]);
  assertEquals(bench.code, 0, bench.stderr);
  const names = JSON.parse(bench.stdout).results
    .map(({ name }: { name: string }) => name);
  assertEquals(names.length, 6);
});

test("load takes packed lines from standard input as they come", async () => {
  await using dir = tempDir();
  const input = gzipSync('{"key":"a","value":"1"}\n');
  const { code, stderr } = await kv(["load", dir.path, "--create"], { input });
  assertEquals(code, 0, stderr);
  assertEquals((await kv(["get", dir.path, "a"])).stdout, "1\n");
});

test("repair --in-place without a manifest is refused until --keys and --values name the codecs", async () => {
  await using dir = tempDir();
  const codecs = { keys: tuple, values: json<number>() };
  {
    await using db = await open(dir.path, codecs);
    await db.put(["a", 1], 1);
  }
  rmSync(join(dir.path, "MANIFEST"));
  const blind = ["repair", dir.path, "--in-place"];
  const refused = await kv(blind);
  assertEquals(refused.code, 2, refused.stderr);
  assert(refused.stderr.includes("--keys and --values"), refused.stderr);
  const named = [...blind, "--keys", "tuple", "--values", "json"];
  const repaired = await kv(named);
  assertEquals(repaired.stderr, "");
  await using db = await open(dir.path, codecs);
  assertEquals(await db.get(["a", 1]), 1);
});
