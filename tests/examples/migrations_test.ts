// Fills databases of other kinds, copies them with the scripts of the guides, and looks at the
// copies.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { bytes, json, open, tuple } from "../../mod.ts";
import { test } from "../harness.ts";
import { packageVariables } from "../support/command_line.ts";
import {
  currentRuntime,
  runScript,
  type ScriptResult,
} from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";

const runtime = currentRuntime();
const fill = new URL("./migrations/fill.ts", import.meta.url);

const kinds = ["classic_level", "lmdb", "node_sqlite"];
// Nobody else has it.
if (runtime.name === "deno") kinds.push("deno_kv");

/** What the copies hold besides 2,500 users. */
const others: Record<string, [unknown, unknown][]> = {
  deno_kv: [[["visits"], 17], [[new Uint8Array([1]), true, 2n], null]],
  lmdb: [[["plain"], [1, "two"]]],
  node_sqlite: [
    [["visit", "2026-05-01", 1], { user: 1, day: "2026-05-01", count: 2.5 }],
    [['odd "name', 1], { text: null }],
  ],
};

for (const kind of kinds) {
  test(`Migration ${kind}.ts copies every entry into a new store, and into no other`, async () => {
    await using dir = tempDir();
    const source = join(dir.path, "source");
    const target = join(dir.path, "target");
    const filled = await runIn(fill, [kind, source]);
    assertEquals(filled.code, 0, filled.stderr);
    const migrate = scriptOf(kind);
    const first = await runIn(migrate, [source, target]);
    assertEquals(first.code, 0, first.stderr);
    assertMatch(first.stdout, /^250\d (entries|rows)\n$/);
    const again = await runIn(migrate, [source, target]);
    assert(again.code !== 0);
    assertMatch(again.stderr, /already exists/);

    if (kind === "classic_level") return await checkLevel(target);
    await using db = await open(target, {
      keys: tuple,
      values: json<unknown>(),
    });
    let user = 0;
    const rest = new Map<string, unknown>();
    for (const [key, value] of db.scanSync()) {
      if (key[0] !== "user") {
        rest.set(textOf(key), value);
        continue;
      }
      assertEquals(key, ["user", user]);
      assertEquals((value as { name: string }).name, `n${user}`);
      user++;
    }
    assertEquals(user, 2500);
    assertEquals(rest.size, others[kind]!.length);
    for (const [key, value] of others[kind]!) {
      assertEquals(rest.get(textOf(key)), value, textOf(key));
    }
  });
}

test("Migration node_sqlite.ts copies rows whose keys are NULL, and columns that are called as the rowid is", async () => {
  await using dir = tempDir();
  const source = join(dir.path, "source");
  const target = join(dir.path, "target");
  assertEquals((await runIn(fill, ["node_sqlite_odd", source])).code, 0);
  const run = await runIn(scriptOf("node_sqlite"), [source, target]);
  assertEquals([run.code, run.stdout], [0, "11 rows\n"], run.stderr);
  await using db = await open(target, {
    keys: tuple,
    values: json<unknown>(),
  });
  const named = { _rowid: "same", rowid: "r", rowid_: "r!" };
  assertEquals<unknown>([...db.scanSync()], [
    [["named", 1], named],
    [["named", 2], named],
    [["p", null, 1], { a: null, b: 1 }],
    [["p", null, 2], { a: null, b: 2 }],
    [["p", "3"], { a: "3", b: 4 }],
    [["p", "x"], { a: "x", b: 3 }],
    [["pair", null, 1, 1], { a: 1, b: null }],
    [["pair", null, 1, 2], { a: 1, b: null }],
    [["pair", 1, null, 3], { a: null, b: 1 }],
    [["pair", 2, 1], { a: 1, b: 2 }],
    [["without", "k"], { oid: "o", rowid: null, _rowid_: "k" }],
  ]);
});

test("Migration node_sqlite.ts fails where two rows would have one key, or no key can be made", async () => {
  const cases = [
    ["node_sqlite_not_utf8", /Cannot copy t: its 2 rows have 1 keys/],
    ["node_sqlite_hidden", /Cannot copy h: its rows need the rowid/],
  ] as const;
  for (const [kind, problem] of cases) {
    await using dir = tempDir();
    const source = join(dir.path, "source");
    assertEquals((await runIn(fill, [kind, source])).code, 0);
    const target = join(dir.path, "target");
    const run = await runIn(scriptOf("node_sqlite"), [source, target]);
    assert(run.code !== 0, run.stdout);
    assertMatch(run.stderr, problem);
  }
});

if (runtime.name === "deno") {
  test("Migration deno_kv.ts refuses what JSON does not carry", async () => {
    await using dir = tempDir();
    const source = join(dir.path, "source");
    assertEquals((await runIn(fill, ["deno_kv_dates", source])).code, 0);
    const { code, stderr } = await runIn(scriptOf("deno_kv"), [
      source,
      join(dir.path, "target"),
    ]);
    assert(code !== 0);
    assertMatch(stderr, /JSON does not carry the value of \["now"\]/);
  });
}

/** Sublevels are where they were. */
async function checkLevel(target: string): Promise<void> {
  await using db = await open(target, { keys: bytes, values: bytes });
  const decoder = new TextDecoder();
  let users = 0;
  for (const [key] of db.scanSync()) {
    if (decoder.decode(key).startsWith("!users!")) users++;
  }
  assertEquals(users, 2500);
  const found = db.getSync(new TextEncoder().encode("ä"));
  assertEquals(decoder.decode(found), "ö");
}

function scriptOf(kind: string): URL {
  return new URL(
    `../../examples/guides/migrate/${kind}.ts`,
    import.meta.url,
  );
}

function runIn(script: URL, args: readonly string[]): Promise<ScriptResult> {
  return runScript(runtime, script, {
    args,
    permissions: ["--allow-all", "--unstable-kv"],
    env: packageVariables(),
  });
}

function textOf(key: unknown): string {
  return JSON.stringify(
    key,
    (_, part) => typeof part === "bigint" ? `${part}n` : part,
  );
}
