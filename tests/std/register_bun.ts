// Lets Bun import what deno.json takes from npm. A test that needs any of it
// imports this module first, and then, with `import()`, what needs it: Bun
// looks for the modules of a static import before any of them is run.
import { createRequire } from "node:module";
import { join } from "node:path";
import { npmFolder } from "./npm_packages.mjs";

interface PluginBuilder {
  module(
    specifier: string,
    load: () => Promise<{ loader: "object"; exports: unknown }>,
  ): void;
}

interface BunRuntime {
  plugin(
    plugin: { name: string; setup(build: PluginBuilder): void },
  ): void;
}

/** Every module of a package that source and tests import. */
const modules = [
  "@rdfjs/data-model",
  "abstract-level",
  "abstract-level/test/index.js",
  "fergies-inverted-index/src/entrypoints/browser.js",
  "quadstore",
  "tape",
];

if ("Bun" in globalThis) {
  // All are found before any of them is replaced: from then on, its name stands for the replacement here too.
  const { resolve } = createRequire(join(npmFolder(), "any.js"));
  const found = modules.map((specifier) => [specifier, resolve(specifier)]);
  (globalThis as unknown as { Bun: BunRuntime }).Bun.plugin({
    name: "packages of deno.json",
    setup(build) {
      for (const [specifier, path] of found) {
        build.module(specifier!, async () => ({
          loader: "object",
          exports: await import(path!),
        }));
      }
    },
  });
}
