// Runs the examples as their readers do and looks at what they print.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "../harness.ts";
import { runScript, type Runtime } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";
import { exampleRuntimes } from "./runtimes.ts";

const examples = new URL("../../examples/", import.meta.url);

test("Examples import nothing that has to be installed, but for those of modules for Level and those that leave another database", () => {
  const names = readdirSync(examples, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) =>
    name.endsWith(".ts") && !/^(level|guides)\b/.test(name)
  );
  assert(files.length >= 7);
  for (const file of files) {
    const source = readFileSync(new URL(file, examples), "utf8");
    // The comments show the import of a reader, who has installed the package.
    const code = source.replaceAll(/^\/\/.*$/gm, "");
    const imports = code.matchAll(/(?:^|[\s}])(?:from|import) ?\(?"([^"]+)"/gm);
    const specifiers = Array.from(imports, ([, specifier]) => specifier!);
    for (const specifier of specifiers) {
      assertMatch(specifier, /^(node:|\.{1,2}\/)/, `${file}: ${specifier}`);
    }
  }
});

for (const runtime of exampleRuntimes()) {
  test(`Example quickstart.ts runs in ${runtime.name}`, async () => {
    assertEquals(await linesOf(runtime, "quickstart.ts"), [
      "user:1 is Ada",
      "user:9 is undefined",
      "user:2 was there: true",
      "user:2 was there: false",
      "user:1 = Ada",
      "user:3 = Edsger",
      "last key before v: user:3",
      "after reopening: Ada, , Edsger",
    ]);
  });

  test(`Example snapshots_and_batches.ts runs in ${runtime.name}`, async () => {
    const lines = await linesOf(runtime, "snapshots_and_batches.ts");
    assertEquals(lines, [
      "sum at the start: 100000",
      "sum in the morning: 100000",
      "sum in the evening: 100000",
      "account:0001 has 50 more than in the morning",
      "refused: account:0002 has no 1000000",
      "sum in the end: 100000",
    ]);
  });

  test(`Example typed_values.ts runs in ${runtime.name}`, async () => {
    assertEquals(await linesOf(runtime, "typed_values.ts"), [
      "newest first:",
      "  2026-11 A second post",
      "  2026-2 Hello",
      "  1999-12 From long ago",
      "in 2026: 2",
      "comments on hello: 2",
      "text of hello: Hello: some text",
      "deleted: 4",
      "left: 5",
    ]);
  });

  test(`Example custom_storage.ts runs in ${runtime.name}`, async () => {
    const lines = await linesOf(runtime, "custom_storage.ts");
    // How many groups 1,000 puts make is the engine's affair, but few they are.
    assertMatch(
      lines[0]!,
      /^1,000 puts at once: \d{1,2} append, \d{1,2} sync$/,
    );
    assertEquals(lines[1], "10 puts one by one: 10 append, 10 sync");
    assertMatch(lines[2]!, /^a flush: .*\b1 rename\b/);
    assertMatch(lines[3]!, /^key7: again - \d+ readAt$/);
    assertEquals(lines.slice(4), [
      "key7: again - no calls",
      "getSync: KV_UNSUPPORTED",
      "after reopening, key999: value999",
    ]);
  });
}

/**
 * What an example prints. It must end well, say nothing on standard error and leave nothing in the
 * temp folder.
 */
async function linesOf(runtime: Runtime, example: string): Promise<string[]> {
  await using temp = tempDir();
  const env = { TMPDIR: temp.path };
  const script = new URL(example, examples);
  const result = await runScript(runtime, script, { env });
  assertEquals(result.stderr, "");
  assertEquals(result.code, 0);
  assertEquals(readdirSync(temp.path), []);
  return result.stdout.trimEnd().split("\n");
}
