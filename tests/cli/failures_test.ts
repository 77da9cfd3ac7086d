import "../std/register_bun.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { json, open, tuple } from "../../mod.ts";
import { fileError } from "../../src/cli/system_error.ts";
import { test } from "../harness.ts";
import { kv } from "../support/command_line.ts";
import { tempDir } from "../support/temp_dir.ts";

const { failureOf } = await import("../../src/cli/report.ts");

/** Makes a store with the entries a, b and c. */
async function makeStore(location: string): Promise<string> {
  await using db = await open(location);
  await db.batch().put("a", "1").put("b", "2").put("c", "3").commit();
  return location;
}

test("With --json every failure is an object on standard error, and nothing else is there", async () => {
  await using dir = tempDir();
  const store = await makeStore(join(dir.path, "store"));
  const cases = [
    [["get", store, "z", "--json"], 1, { code: "NOT_FOUND", key: "z" }],
    [["get", "--json"], 2, { code: "USAGE" }],
    [["nope", "--json"], 2, { code: "USAGE" }],
    [["scan", store, "--prefxi", "--json"], 2, {
      code: "USAGE",
      hint: "did you mean --prefix?",
    }],
    [["scan", store, "--limit", "x", "--json"], 2, { code: "USAGE" }],
    [["get", join(dir.path, "no"), "a", "--json"], 3, { code: "KV_NOT_FOUND" }],
    [["stats", join(store, "MANIFEST"), "--json"], 3, { code: "KV_IO" }],
    [["load", store, join(dir.path, "no"), "--json"], 4, {
      code: "ENOENT",
      path: join(dir.path, "no"),
    }],
    [["load", store, "--json"], 4, { code: "DATA", loaded: 1 }],
  ] as const;
  for (const [args, expected, facts] of cases) {
    const input = '{"key":"a","value":"1"}\n{"key":"b"}\n';
    const { code, stdout, stderr } = await kv(args, { input });
    assertEquals([code, stdout], [expected, ""], stderr);
    const { error } = JSON.parse(stderr);
    assert(typeof error.message === "string" && error.message !== "", stderr);
    for (const [name, value] of Object.entries(facts)) {
      assertEquals(error[name], value, stderr);
    }
  }
  const beside = await kv(["get", store, "--", "--json"]);
  assertEquals(beside.stderr, "Not found: --json\n");
});

test("What Deno was not allowed has one code for programs, whether a file is known or not", () => {
  const cause = Object.assign(new Error("Requires read access"), {
    name: "NotCapable",
  });
  for (const error of [cause, fileError("read", "a.ndjson", cause)]) {
    const { code, message, hint } = failureOf(error);
    assertEquals(code, "NOT_CAPABLE");
    assert(message.endsWith("Deno was not allowed to use it"), message);
    assert(hint?.includes("--allow-read"));
  }
});

test("del of several keys says how many it has removed and names those that were not there", async () => {
  await using dir = tempDir();
  const store = await makeStore(dir.path);
  const some = await kv(["del", store, "a", "x", "a", "y\\t"]);
  assertEquals([some.code, some.stderr], [
    1,
    "Not found: x\nNot found: y\\t\nRemoved 1 of 3 keys\n",
  ]);
  const json = await kv(["del", store, "b", "y\\t", "--json"]);
  assertEquals([json.code, JSON.parse(json.stdout)], [
    1,
    { removed: 1, missing: ["y\t"] },
  ]);
  const one = await kv(["del", store, "c"]);
  assertEquals([one.code, one.stderr], [0, ""]);
  assertEquals((await kv(["scan", store, "--count"])).stdout, "0\n");
});

test("A file that cannot be used is named, with what is the matter in plain words", async () => {
  await using dir = tempDir();
  const store = await makeStore(join(dir.path, "store"));
  const file = join(dir.path, "file");
  writeFileSync(file, "text");
  const loop = join(dir.path, "loop.csv");
  symlinkSync(loop, loop);
  const missing = join(dir.path, "missing");
  const cases = [
    [["load", store, missing], missing, "no such file"],
    [["load", store, dir.path], dir.path, "it is a folder"],
    [["load", store, loop], loop, "its links form a loop"],
    [["dump", store, join(missing, "a.csv")], missing, "no such file"],
    [["dump", store, join(file, "a.csv")], file, "is a file, not a folder"],
    [["dump", store, dir.path, "--force"], dir.path, "it is a folder"],
    [["dump", store, file], file, "--force"],
    [["inspect", missing], missing, "no such file"],
    [["bench", missing], missing, "no such file"],
    [["get", file, "a"], file, "is a file, not a folder"],
    [["put", file, "a", "1", "--create"], file, "is a file, not a folder"],
    [["checkpoint", store, join(store, "copy")], store, "place of its own"],
  ] as const;
  for (const [args, name, problem] of cases) {
    const { code, stderr } = await kv(args);
    assert(code !== 0 && code !== 70, `${args}: ${stderr}`);
    assert(stderr.includes(name) && stderr.includes(problem), stderr);
    assert(!/E[A-Z]+: .*E[A-Z]{3,}/.test(stderr), stderr);
    assertEquals(stderr.split("\n").length, 2, stderr);
  }
  assertEquals(readFileSync(file, "utf8"), "text");
});

test("dump replaces a file only once the new one is complete, and leaves what is no file in its place", async () => {
  await using dir = tempDir();
  const store = await makeStore(join(dir.path, "store"));
  const folder = join(dir.path, "out");
  mkdirSync(folder);
  const file = join(folder, "a.ndjson");
  writeFileSync(file, "precious");
  // The keys are no JSON: what is to be written cannot be made of them.
  const failed = await kv(["dump", store, file, "--force", "--keys", "json"]);
  assertEquals(failed.code, 4, failed.stderr);
  assertEquals(readFileSync(file, "utf8"), "precious");
  assertEquals(readdirSync(folder), ["a.ndjson"]);
  symlinkSync(file, join(folder, "link.ndjson"));
  const link = await kv([
    "dump",
    store,
    join(folder, "link.ndjson"),
    "--force",
  ]);
  assertEquals(link.code, 0, link.stderr);
  assertEquals(readFileSync(file, "utf8").split("\n").length, 4);
  assertEquals(readdirSync(folder), ["a.ndjson", "link.ndjson"]);
  if (!existsSync("/dev/full")) return;
  const full = await kv(["dump", store, "/dev/full", "--force"]);
  assertEquals(full.code, 4);
  assertMatch(full.stderr, /Cannot dump to \/dev\/full: the disk is full/);
  assert(existsSync("/dev/full"));
});

test("A name that is nearly that of a command is answered with a suggestion, in help too", async () => {
  for (const args of [["scna"], ["help", "scna"]]) {
    const { code, stderr } = await kv(args);
    assertEquals(code, 2);
    assertEquals(
      stderr,
      "kv: USAGE: unknown command 'scna' (did you mean scan?)\n",
    );
  }
  const help = await kv(["help", "scan"]);
  assertEquals(help.stdout, (await kv(["scan", "--help"])).stdout);
});

test("Every command tells how it is used, with an example that names it", async () => {
  const { code, stdout } = await kv(["--help"]);
  assertEquals(code, 0);
  const list = /Commands:\n([\s\S]*?)\n\n/.exec(stdout)![1]!;
  const names = [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name!);
  assert(names.length >= 14, stdout);
  for (const name of names.filter((name) => name !== "help")) {
    const help = (await kv([name, "--help"])).stdout;
    assertMatch(help, new RegExp(`Examples:\n  kv ${name}\\b`), name);
  }
});

test("Without a command the help is written to standard error, with the exit code of what was not understood", async () => {
  const { code, stdout, stderr } = await kv([]);
  assertEquals([code, stdout], [2, ""]);
  assertEquals(stderr, (await kv(["--help"])).stdout);
});

test("--version says the version of the package", async () => {
  const { version } = JSON.parse(
    readFileSync(new URL("../../deno.json", import.meta.url), "utf8"),
  );
  const { code, stdout } = await kv(["--version"]);
  assertEquals([code, stdout], [0, `${version}\n`]);
});

test("A key or a value that cannot be read is a usage error if it was typed, and one of data if it was sent", async () => {
  await using dir = tempDir();
  const store = join(dir.path, "store");
  await (await open(store, { keys: tuple, values: json() })).close();
  const typed = [
    ["get", store, "a"],
    ["put", store, "{", "1"],
    ["put", store, '["a"]', "{"],
    ["del", store, "7"],
    ["scan", store, "--gte", "a"],
    ["get", store, "6g", "--keys", "bytes"],
    ["get", store, '[{"bytes":"0"}]'],
  ];
  for (const args of typed) {
    const { code, stderr } = await kv(args);
    assertEquals(code, 2, stderr);
    assertMatch(stderr, /^kv: USAGE: Cannot read the /);
  }
  const text = await makeStore(join(dir.path, "text"));
  assertEquals((await kv(["put", text, "\\xff", "v"])).code, 2);
  const sent = await kv(["put", store, '["a"]'], { input: "{" });
  assertEquals(sent.code, 4, sent.stderr);
});

test("A store that is missing is told of in the words of the command line", async () => {
  await using dir = tempDir();
  const place = join(dir.path, "no");
  const { code, stderr } = await kv(["put", place, "a", "b"]);
  assertEquals([code, stderr], [
    3,
    `kv: KV_NOT_FOUND: Cannot open ${place}: there is no store; check the path (put and load create a store with --create)\n`,
  ]);
  assert(!existsSync(place));
});

test("stats counts one of a thing in the singular", async () => {
  await using dir = tempDir();
  {
    await using db = await open(dir.path);
    await db.put("a", "1");
    await db.flush();
    await db.del("a");
    await db.flush();
  }
  const { stdout } = await kv(["stats", dir.path]);
  assertMatch(stdout, /2 entries \(of them 1 delete\)/);
});
