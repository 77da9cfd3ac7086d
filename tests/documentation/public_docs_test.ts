// Reads the documentation as `deno doc` sees it. That no symbol is without one, `deno doc --lint`
// holds; that the examples run, `deno test --doc`.
import { assert, assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "../harness.ts";
import { currentRuntime } from "../support/runtimes.ts";

interface Doc {
  readonly doc?: string;
  readonly tags?: readonly { readonly kind: string }[];
}

interface Documented {
  readonly jsDoc?: Doc;
}

interface Declaration extends Documented {
  readonly kind: string;
  readonly def: { readonly methods?: readonly Documented[] };
}

interface Module {
  readonly module_doc?: Doc;
  readonly symbols: readonly {
    readonly name: string;
    readonly declarations: readonly Declaration[];
  }[];
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const { exports } = JSON.parse(readFileSync(`${root}deno.json`, "utf8")) as {
  readonly exports: Readonly<Record<string, string>>;
};

/** Parts of something whose example shows them. */
const withoutExample = new Set([
  "InjectedFault",
  "LocalFiles",
  "ReadableFile",
  "StorageLock",
  "WritableFile",
  "survivals",
]);

if (currentRuntime().name === "deno") {
  for (const [entry, file] of Object.entries(exports)) {
    test(`Entry point ${entry} says what it is and shows it, and so does what it exports`, () => {
      const module = documentationOf(file);
      const { module_doc: about } = module;
      assert((about?.doc ?? "").length > 20, "no text about the module");
      assert(hasExample({ jsDoc: about! }), "no example of the module");
      const missing = module.symbols.filter(({ name, declarations }) =>
        !withoutExample.has(name) && declarations.some(wantsExample) &&
        !declarations.some((declaration) =>
          hasExample(declaration) || declaration.def.methods?.some(hasExample)
        )
      );
      assertEquals(missing.map(({ name }) => name), []);
    });
  }
}

/** Functions, classes, values, and interfaces with methods, which users call. */
function wantsExample({ kind, def }: Declaration): boolean {
  return kind === "function" || kind === "class" || kind === "variable" ||
    kind === "interface" && (def.methods ?? []).length > 0;
}

function hasExample({ jsDoc }: Documented): boolean {
  return jsDoc?.tags?.some(({ kind }) => kind === "example") ?? false;
}

function documentationOf(file: string): Module {
  const { binary } = currentRuntime();
  const { stdout, stderr } = spawnSync(binary, ["doc", "--json", file], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  assert(stdout.startsWith("{"), stderr);
  const { nodes } = JSON.parse(stdout) as {
    nodes: Readonly<Record<string, Module>>;
  };
  const [[, module]] = Object.entries(nodes) as [[string, Module]];
  return module;
}
