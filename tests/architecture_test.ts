import { assert, assertEquals } from "@std/assert";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "./harness.ts";
import { findImports, findViolations } from "./support/architecture.ts";

const root = new URL("../", import.meta.url);
const sources = readSources();
const files = new Set(sources.keys());

test("Every file of src keeps the rules of the house", () => {
  for (const [path, source] of sources) {
    assertEquals(findViolations(path, source, files), [], path);
  }
});

test("The house has every layer that the rules speak of", () => {
  const folders = new Set([...files].map((file) => file.split("/")[0]));
  for (const folder of ["engine", "segment", "memtable", "wal", "storage"]) {
    assert(folders.has(folder), folder);
  }
});

/** Path, source and what is wrong with it. */
const badExamples: [string, string, string][] = [
  ["wal/a.ts", `import { a } from "../engine/engine.ts";`, "lies below"],
  ["wal/a.ts", `import type { a } from "../engine/engine.ts";`, "lies below"],
  ["wal/a.ts", `export * from "../engine/engine.ts";`, "lies below"],
  ["wal/a.ts", `import {\n  a,\n} from "../engine/engine.ts";`, "lies below"],
  ["wal/a.ts", `import "../engine/engine.ts";`, "lies below"],
  ["wal/a.ts", `const a = await import("../engine/engine.ts");`, "lies below"],
  ["wal/a.ts", `new URL("../engine/engine.ts", b)`, "lies below"],
  ["wal/a.ts", `const a = 1;import { b } from "../engine/engine.ts"`, "lies"],
  ["errors.ts", `import { a } from "./options.ts";`, "lies below"],
  ["engine/read/a.ts", `import "../write/write_batch.ts";`, "read lies"],
  ["engine/state/a.ts", `import "../store/store.ts";`, "state lies below"],
  ["engine/write/a.ts", `import "../engine.ts";`, "rooms"],
  ["engine/other/a.ts", `import "../store/store.ts";`, "other is no room"],
  ["segment/a.ts", `import "../wal/log_reader.ts";`, "one another"],
  ["segment/a.ts", `import "../memtable/arena.ts";`, "one another"],
  ["memtable/a.ts", `import "../wal/log_reader.ts";`, "one another"],
  ["memtable/a.ts", `import "../storage/storage.ts";`, "no I/O"],
  ["engine/a.ts", `import "../storage/memory.ts";`, "import adapters"],
  ["engine/a.ts", `import "../storage/deno.ts";`, "others may lack"],
  ["mod.ts", `import "./src/storage/deno.ts";`, "others may lack"],
  ["storage/local_storage.ts", `import "./deno.ts";`, "others may lack"],
  ["storage/a.ts", `import "./node.ts";`, "others may lack"],
  ["storage/storage.ts", `import "./memory.ts";`, "knows no adapter"],
  ["storage/a.ts", `import "../codec/codec.ts";`, "errors.ts only"],
  ["storage/a.ts", `import "../options.ts";`, "errors.ts only"],
  ["engine/a.ts", `import "../testing/testing.ts";`, "nothing that is publ"],
  ["testing/a.ts", `import "../storage/memory.ts";`, "the contract, errors"],
  ["testing/a.ts", `import "../format/record.ts";`, "the contract, errors"],
  ["engine/a.ts", `import "../../mod.ts";`, "engine lies below mod.ts"],
  ["engine/a.ts", `import "../cli/cli.ts";`, "lies below cli"],
  ["mod.ts", `import "./src/cli/cli.ts";`, "lies below cli"],
  ["cli/a.ts", `import "../storage/memory.ts";`, "import adapters"],
  ["cli/a.ts", `import "left-pad";`, "neither"],
  ["engine/a.ts", `import "commander";`, "only the command line"],
  ["mod.ts", `import "commander";`, "only the command line"],
  ["engine/a.ts", `import "../level/level.ts";`, "lies below level"],
  ["mod.ts", `import "./src/level/level.ts";`, "lies below level"],
  ["level/a.ts", `import "../storage/memory.ts";`, "import adapters"],
  ["level/level.ts", `import "../storage/deno.ts";`, "others may lack"],
  ["level/a.ts", `import "abstract-level/test";`, "neither"],
  ["engine/a.ts", `import "abstract-level";`, "only databases of Level"],
  ["mod.ts", `import "abstract-level";`, "only databases of Level"],
  ["cli/a.ts", `import "abstract-level";`, "only databases of Level"],
  ["storage/node.ts", `import "@std/fs";`, "@std"],
  ["streams/a.ts", `import "@std/streams";`, "@std"],
  ["engine/a.ts", `import "../streams/streams.ts";`, "nothing that is publ"],
  ["segment/a.ts", `import "@std/path";`, "@std"],
  ["engine/a.ts", `import "npm:left-pad";`, "neither"],
  ["engine/a.ts", `import "https://example.com/a.ts";`, "neither"],
  ["engine/a.ts", `import "bun:sqlite";`, "neither"],
  ["engine/a.ts", `await import(name)`, "made at run time"],
  ["segment/a.ts", `import { openSync } from "node:fs";`, "pure"],
  ["segment/a.ts", `import "node:fs/promises";`, "pure"],
  ["memtable/a.ts", `const a = Math.random();`, "pure"],
  ["compaction/a.ts", `const a = Date.now();`, "pure"],
  ["engine/a.ts", `import "./gone.ts";`, "no such file"],
  ["engine/a.ts", `import "./engine";`, "no such file"],
  ["engine/a.ts", `import "../../tests/harness.ts";`, "no such file"],
  ["engine/badName.ts", "", "snake_case"],
  ["engine/Bad.ts", "", "snake_case"],
  ["other/a.ts", "", "no layer"],
  ["engine/a.ts", "\n".repeat(351), "351 lines"],
  ["engine/a.ts", `// ${"a ".repeat(49)}`, "101 columns"],
  ["engine/a.ts", `/** ${"a ".repeat(48)} */`, "103 columns"],
  ["engine/a.ts", `/**\n * ${"a ".repeat(49)}\n */`, "101 columns"],
];

test("What breaks a rule of the house is found, and nothing else with it", () => {
  for (const [path, source, problem] of badExamples) {
    const found = findViolations(path, source, files);
    const message = `${path}: ${source} -> ${found}`;
    assertEquals(found.length, 1, message);
    assert(found[0]!.includes(problem), message);
  }
});

test("The house allows what its rules allow", () => {
  const source = `
    import { a } from "node:buffer";
    import type { b } from "../wal/log_reader.ts";
    import { c } from "../errors.ts";
    import { d } from "../storage/awaitable.ts";
    // import { e } from "../storage/memory.ts";
    /**
     * import { f } from "../../mod.ts";
     */
    const g = 'import "npm:h"';
    /**
     * \`\`\`ts
     * ${"code ".repeat(30)}
     * \`\`\`
     *     ${"figure ".repeat(30)}
     */
  `;
  assertEquals(findImports(source).length, 4);
  assertEquals(findViolations("engine/a.ts", source, files), []);
  const dynamic = `const { a } = await import("./deno.ts");`;
  assertEquals(
    findViolations("storage/local_storage.ts", dynamic, files),
    [],
  );
});

function readSources(): Map<string, string> {
  const found = new Map<string, string>();
  const folder = new URL("src/", root);
  for (const name of readdirSync(folder, { recursive: true }) as string[]) {
    const path = name.replaceAll("\\", "/");
    if (!path.endsWith(".ts")) continue;
    found.set(path, readFileSync(new URL(path, folder), "utf8"));
  }
  const face = new URL("mod.ts", root);
  if (existsSync(face)) found.set("mod.ts", readFileSync(face, "utf8"));
  return found;
}
