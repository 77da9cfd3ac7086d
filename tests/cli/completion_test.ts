import { assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import "../std/register_bun.ts";
import { tempDir } from "../support/temp_dir.ts";

const { Command } = await import("commander");
const { complete } = await import("../../src/cli/shell/completion.ts");
const { openForWriting } = await import("../../src/cli/open_store.ts");

test("Completion offers commands, options, keys and readable keyspaces, those with blanks once a quote is opened", async () => {
  await using dir = tempDir();
  await using store = await openForWriting(dir.path, { create: true });
  const encoder = new TextEncoder();
  const names = ["a b", "a'c", "user:1", "user:2", "n\0x", "größe"];
  for (const name of names) {
    await store.reader.put(encoder.encode(name), encoder.encode("1"));
  }
  for (const keyspace of ["users", "users by mail", "u\x1b[31m"]) {
    const { reader } = store.use({ keyspace, create: true });
    await reader.put(encoder.encode(keyspace), encoder.encode("1"));
  }
  const program = new Command();
  program.command("get").option("--raw");
  program.command("scan").option("--prefix <key>");
  const cases: [line: string, words: string[], beginning: string][] = [
    ["", ["get ", "scan "], ""],
    ["  s", ["scan "], "s"],
    ["get --", ["--raw "], "--"],
    ["get us", ["user:1 ", "user:2 "], "us"],
    ["get n", ["n\\x00x "], "n"],
    ["scan --prefix g", ["größe "], "g"],
    ["get a", ["a'c "], "a"],
    ["get 'a", ["'a b' "], "'a"],
    ["get 'a ", ["'a b' "], "'a "],
    ['get "a', ['"a b" ', '"a\'c" '], '"a'],
    ["get a\\x", [], "a\\x"],
    ["nope --x", [], "--x"],
    ["get user:1 ", [], ""],
    ["use ", ["users "], ""],
    ["use 'u", ["'users' ", "'users by mail' "], "'u"],
  ];
  for (const [line, words, beginning] of cases) {
    assertEquals(complete(line, program, store), [words, beginning], line);
  }
  const users = store.use({ keyspace: "users" });
  assertEquals(complete("get ", program, users), [["users "], ""]);
});
