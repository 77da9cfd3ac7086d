// Lets Node resolve what deno.json and tsconfig.json resolve elsewhere:
//
//   node --import ./tests/std/register_node.mjs --test 'tests/**/*_test.ts'
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { npmFolder, npmPackages } from "./npm_packages.mjs";

const root = new URL("../../", import.meta.url);
const { name, exports, imports } = JSON.parse(
  readFileSync(new URL("deno.json", root), "utf8"),
);

/** @type {Map<string, string>} */
const targets = new Map();
for (const specifier of Object.keys(imports)) {
  if (!specifier.startsWith("@std/")) continue;
  const file = `./stand_ins/${specifier.slice("@std/".length)}.ts`;
  targets.set(specifier, new URL(file, import.meta.url).href);
}
for (const [path, file] of Object.entries(exports)) {
  targets.set(name + path.slice(1), new URL(file, root).href);
}

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (npmPackages.has(packageOf(specifier))) {
      const parentURL = pathToFileURL(join(npmFolder(), "any.js")).href;
      return nextResolve(specifier, { ...context, parentURL });
    }
    return nextResolve(targets.get(specifier) ?? specifier, context);
  },
});

/** @param {string} specifier What is imported, perhaps a part of a package. */
function packageOf(specifier) {
  const parts = specifier.split("/");
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}
