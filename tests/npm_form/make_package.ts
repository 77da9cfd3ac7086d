// Makes the package that Bun and Node users install, as JSR makes it:
//
// - every module within reach of an entry point, also by its types alone, is
//   there as .js, and the types of the public ones as .d.ts below _dist/
// - imports name the .js files; `jsr:@std/fs` has become `@jsr/std__fs`, and
//   what comes from npm has its plain name
// - everything else that is published lies there as it is: .ts files, texts
// - package.json says where the entry points and their types are, and no more
//
// `deno pack` makes JavaScript and types with the same code as JSR, and lays
// them out in another way.
import {
  cpSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { currentRuntime } from "../support/runtimes.ts";
import { run } from "./run.ts";

const deno = currentRuntime().binary;
const root = fileURLToPath(new URL("../../", import.meta.url));

/** Files that npm can install. */
export interface PackageForm {
  /** Path of the package. */
  readonly tarball: string;
  /** What stands in for packages that JSR alone has: name and path of each. */
  readonly standIns: ReadonlyMap<string, string>;
}

interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly publish: { readonly include: readonly string[] };
  readonly version: string;
}

interface Packed {
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Makes the package and its stand-ins in `folder`, which is there. */
export async function makePackage(folder: string): Promise<PackageForm> {
  const packed = await pack(folder);
  const { dependencies } = JSON.parse(
    readFileSync(join(packed, "package.json"), "utf8"),
  ) as Packed;
  const layout = join(folder, "layout");
  layOut(packed, layout, dependencies);
  const standIns = new Map<string, string>();
  for (const name of Object.keys(dependencies)) {
    if (!name.startsWith("@jsr/")) continue;
    standIns.set(name, await makeStandIn(name, folder));
  }
  return { tarball: await tarballOf(layout, folder), standIns };
}

/** Has Deno make JavaScript and types; answers with their folder. */
async function pack(folder: string): Promise<string> {
  const tarball = join(folder, "packed.tgz");
  const args = ["--allow-dirty", "--quiet", "--output", tarball];
  await run(deno, ["pack", ...args], { cwd: root });
  await run("tar", ["-xzf", tarball, "-C", folder], { cwd: folder });
  const packed = join(folder, "packed");
  renameSync(join(folder, "package"), packed);
  return packed;
}

function layOut(
  packed: string,
  layout: string,
  dependencies: Packed["dependencies"],
): void {
  const manifest = JSON.parse(
    readFileSync(join(root, "deno.json"), "utf8"),
  ) as Manifest;
  for (const path of globSync("**/*.js", { cwd: packed })) {
    write(join(layout, path), withNpmNames(read(packed, path)));
  }
  const types = globSync("**/*.d.ts", { cwd: packed });
  for (const path of types) {
    write(join(layout, "_dist", path), withNpmNames(read(packed, path)));
  }
  for (const path of globSync([...manifest.publish.include], { cwd: root })) {
    mkdirSync(dirname(join(layout, path)), { recursive: true });
    cpSync(join(root, path), join(layout, path));
  }
  const { version } = manifest;
  const exports = Object.fromEntries(
    Object.entries(manifest.exports).map(([entry, source]) => [entry, {
      types: source.replace(/^\.\/(.*)\.ts$/, "./_dist/$1.d.ts"),
      default: source.replace(/\.ts$/, ".js"),
    }]),
  );
  const name = "@jsr/purekv__purekv";
  write(
    join(layout, "package.json"),
    JSON.stringify({ name, version, type: "module", exports, dependencies }),
  );
}

function read(folder: string, path: string): string {
  return readFileSync(join(folder, path), "utf8");
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Gives imports from JSR the names that they have in npm. Lines of comments stay. */
function withNpmNames(code: string): string {
  return code.replaceAll(
    /^(?!\s*\*(?!\/))(.*\b(?:from |import |import\())"@std\//gm,
    '$1"@jsr/std__',
  );
}

/** Makes a package of a stand-in for one of @std. */
async function makeStandIn(name: string, folder: string): Promise<string> {
  const part = name.slice("@jsr/std__".length);
  const source = join(root, "tests/std/stand_ins", `${part}.ts`);
  const layout = join(folder, part);
  const exports = { ".": "./mod.js" };
  write(
    join(layout, "package.json"),
    JSON.stringify({ name, version: "1.0.0", type: "module", exports }),
  );
  const args = ["--quiet", source, "--output", join(layout, "mod.js")];
  await run(deno, ["transpile", ...args], { cwd: folder });
  return await tarballOf(layout, folder);
}

async function tarballOf(layout: string, folder: string): Promise<string> {
  const args = ["--json", "--pack-destination", folder];
  const answer = await run("npm", ["pack", layout, ...args], { cwd: folder });
  const [{ filename }] = JSON.parse(answer) as [{ filename: string }];
  return join(folder, filename);
}
