// An application that has nothing but the package.
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PackageForm } from "./make_package.ts";

const consumer = fileURLToPath(new URL("./consumer/", import.meta.url));
const readme = new URL("../../README.md", import.meta.url);

/**
 * The package.json of an application, as `npx jsr add` writes it, but with files where JSR would be
 * asked.
 */
export function appManifest({ tarball, standIns }: PackageForm): object {
  const files = Object.fromEntries(
    Array.from(standIns, ([name, path]) => [name, `file:${path}`]),
  );
  return {
    private: true,
    type: "module",
    dependencies: { "@purekv/purekv": `file:${tarball}`, ...files },
    overrides: files,
  };
}

/** Makes an application in `folder`: its package.json and what stands in `consumer/`. */
export function makeApp(folder: string, form: PackageForm): void {
  cpSync(consumer, folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify(appManifest(form), undefined, 2),
  );
}

/**
 * Writes the snippets of the README to `folder`, and `readme.ts`, which runs one after the other;
 * the command line, which is the one in JavaScript, to `kv.mjs`.
 *
 * @returns How many there are.
 */
export function writeReadmeSnippets(folder: string): number {
  const text = readFileSync(readme, "utf8");
  const snippets = Array.from(
    text.matchAll(/^```ts(?: ignore)?\n(.*?)^```$/gms),
    ([, code]) => code!.replaceAll('"@std/assert"', '"./assert.ts"'),
  );
  const names = snippets.map((code, i) => {
    const name = `./snippet_${i + 1}.ts`;
    writeFileSync(join(folder, name), code);
    return name;
  });
  const lines = names.map((name) => `await import("${name}");\n`);
  writeFileSync(join(folder, "readme.ts"), lines.join(""));
  const [, commandLine] = /^```js ignore\n(.*?)^```$/ms.exec(text)!;
  writeFileSync(join(folder, "kv.mjs"), commandLine!);
  return snippets.length;
}
