import { assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import "../std/register_bun.ts";
import { formOf } from "../../src/cli/form.ts";
import { bytes, open } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";

const { Command } = await import("commander");
const { complete } = await import("../../src/cli/shell/completion.ts");

test("Completion offers commands, options and keys, those with blanks once a quote is opened", async () => {
  await using reader = await open(new MemoryStorage(), {
    keys: bytes,
    values: bytes,
  });
  const encoder = new TextEncoder();
  const names = ["a b", "a'c", "user:1", "user:2", "n\0x", "größe"];
  for (const name of names) {
    await reader.put(encoder.encode(name), encoder.encode("1"));
  }
  const program = new Command();
  program.command("get").option("--raw");
  program.command("scan").option("--prefix <key>");
  const store = {
    location: "",
    reader,
    keys: formOf("utf8"),
    values: formOf("utf8"),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
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
  ];
  for (const [line, words, beginning] of cases) {
    assertEquals(complete(line, program, store), [words, beginning], line);
  }
});
