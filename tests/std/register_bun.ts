// Lets Bun import what deno.json takes from npm. A test that needs any of it
// imports this module first, and then, with `import()`, what needs it: Bun
// looks for the modules of a static import before any of them is run.
import { createRequire } from "node:module";
import { join } from "node:path";
import { npmFolder } from "./npm_packages.mjs";

interface PluginBuilder {
  module(
    specifier: string,
    load: () => { loader: "object"; exports: object },
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
  "commander",
  "csv-parse",
  "string-width",
  "fergies-inverted-index/src/entrypoints/browser.js",
  "quadstore",
  "tape",
];

if ("Bun" in globalThis) {
  const require = createRequire(join(npmFolder(), "any.js"));
  // All are found before any of them is replaced: from then on, its name stands for the replacement
  // here too.
  const found = modules.map((specifier) => ({
    specifier,
    path: require.resolve(specifier),
  }));
  (globalThis as unknown as { Bun: BunRuntime }).Bun.plugin({
    name: "packages of deno.json",
    setup(build) {
      for (const { specifier, path } of found) {
        build.module(specifier, () => ({
          loader: "object",
          exports: asModule(require(path)),
        }));
      }
    },
  });
}

/** What an `import` of a CommonJS module sees: all of it as `default`, and its properties. */
function asModule(exports: object): object {
  return Object.prototype.toString.call(exports) === "[object Module]"
    ? exports
    : { default: exports, ...exports };
}
