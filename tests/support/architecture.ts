// The rules of the house, as a check of one source file.
import { posix } from "node:path";

/** From top to bottom: a layer imports from those below it only. */
const layers = [
  "cli",
  "level",
  "mod.ts",
  "maintenance",
  "follower",
  "engine",
  "inspection",
  "compaction",
]
  .concat([
    "manifest",
    "iterator",
    "segment",
    "memtable",
    "wal",
    "tombstones",
    "format",
    "streams",
    "testing",
    "storage",
  ])
  .concat([
    "codec",
    "bytes",
    "options.ts",
    "option_values.ts",
    "option_names.ts",
    "errors.ts",
  ]);

/**
 * The rooms of the engine, from top to bottom: each imports from those below it only. The files
 * beside them stand on all of them.
 */
const engineRooms = [
  "checkpoint",
  "import",
  "write",
  "read",
  "store",
  "background",
  "keyspaces",
  "state",
  "files",
  "codecs",
  "runtime",
  "api",
];

/** Layers that never import one another, whichever stands higher. */
const siblings = new Set(["segment", "memtable", "wal"]);

/** Layers that may ask for the time, for chance and for files. */
const impureLayers = new Set(["cli", "follower", "engine", "storage"]);

/** Packages from npm that the command line stands on; nothing else does. */
const cliPackages = new Set([
  "cli-progress",
  "cli-table3",
  "commander",
  "csv-parse",
  "picocolors",
  "string-width",
]);

/** What the command line may know of storage: it opens folders by itself. */
const cliStorage = "storage/local_storage.ts";

/** The package that databases of the Level family are made of; nothing else needs it. */
const levelPackage = "abstract-level";

/** The entry point of its own beside `mod.ts`, which opens stores as that does. */
const levelEntry = "level/level.ts";

/** The entry point of its own for transform streams, which the rest does not need. */
const streamsLayer = "streams";

/** What the layers above may know of storage. */
const storageContract = new Set(
  ["storage", "awaitable", "permission"].map((name) => `storage/${name}.ts`),
);

/** What a storage for the tests of users needs; nothing of the engine needs it. */
const testingMayImport = new Set([
  ...storageContract,
  "errors.ts",
  "option_values.ts",
]);

/** Adapters that are loaded in one runtime only. */
const runtimeAdapters = new Set(["deno", "bun", "node"].map(adapterFile));

/** The module of a thread of its own, which has to open its files by itself. */
const workerModule = "engine/background/worker.ts";
const workerAdapters = new Set([
  "storage/local_files.ts",
  "storage/memory.ts",
]);

/** The module that starts it, by way of a `data:` URL where it comes from the web. */
const workerStarter = "engine/background/worker_runner.ts";

const maxLines = 350;

/** How wide comments are, but for code and figures in them. */
const maxColumns = 100;

interface Import {
  readonly specifier: string;
  readonly isDynamic: boolean;
}

/**
 * What is wrong with a file. Its path, as those of all `files`, is relative to
 * `src`, but for `mod.ts`, which stands for the module beside that folder.
 */
export function findViolations(
  path: string,
  source: string,
  files: ReadonlySet<string>,
): string[] {
  const found = [...checkFile(path, source)];
  for (const imported of findImports(source)) {
    const problem = imported.specifier.startsWith(".")
      ? checkOwn(path, imported, files)
      : checkForeign(path, imported.specifier);
    if (problem !== undefined) found.push(`${imported.specifier}: ${problem}`);
  }
  return found;
}

/** Every import, export from and worker of a file; those in comments are none. */
export function findImports(source: string): Import[] {
  const code = source
    .replace(/^\s*\/\*[\s\S]*?\*\//gm, "")
    .replace(/^\s*\/\/.*$/gm, "");
  const statements =
    /(?:^|[;}\n])\s*(?:import|export)\s[^;"'`]*?from\s*["']([^"']+)["']/g;
  const effects = /(?:^|[;}\n])\s*import\s*["']([^"']+)["']/g;
  const calls =
    /\b(?:import\(|new URL\(|getBuiltinModule\??\.?\()\s*(?:(["'`])(.*?)\1)?/g;
  return [
    ...[...code.matchAll(statements), ...code.matchAll(effects)]
      .map(([, specifier]) => ({ specifier: specifier!, isDynamic: false })),
    ...[...code.matchAll(calls)]
      .map((match) => ({ specifier: match[2] ?? "", isDynamic: true })),
  ];
}

function* checkComments(source: string): Generator<string> {
  let isCode = false;
  for (const line of source.split("\n")) {
    const [, text] = /^\s*(?:\/\/|\/?\*+) (.*)$/.exec(line) ?? [];
    if (text === undefined) continue;
    if (text.startsWith("```")) isCode = !isCode;
    const isProse = !isCode && !/^(?: {4}|\|)/.test(text);
    if (isProse && line.length > maxColumns) {
      yield `a comment of ${line.length} columns, more than ${maxColumns}`;
    }
  }
}

function* checkFile(path: string, source: string): Generator<string> {
  const lines = source.split("\n").length - 1;
  if (lines > maxLines) yield `${lines} lines, more than ${maxLines}`;
  yield* checkComments(source);
  if (!/^(?:[a-z][a-z0-9_]*\/)*[a-z][a-z0-9_]*\.ts$/.test(path)) {
    yield "a name that is not snake_case";
  }
  const layer = layerOf(path);
  if (!layers.includes(layer)) yield `${layer} is no layer`;
  if (impureLayers.has(layer)) return;
  const impure = /\b(?:Date\.now|new Date|performance\.now|Math\.random)\(/
    .exec(source);
  if (impure !== null) yield `${impure[0]}) in a layer that is pure`;
}

function checkOwn(
  path: string,
  { specifier, isDynamic }: Import,
  files: ReadonlySet<string>,
): string | undefined {
  const target = resolveOwn(path, specifier);
  if (!files.has(target)) return "no such file in src";
  const [from, to] = [layerOf(path), layerOf(target)];
  if (runtimeAdapters.has(target)) {
    return path === "storage/local_storage.ts" && isDynamic
      ? undefined
      : "the adapter of one runtime, which others may lack";
  }
  if (path === "mod.ts" && (to === "cli" || to === "level")) {
    return `${from} lies below ${to}`;
  }
  if (from === "engine" && to === "engine") return checkRooms(path, target);
  if (path === "mod.ts" || from === to) {
    return storageContract.has(path) && !storageContract.has(target)
      ? "the contract knows no adapter"
      : undefined;
  }
  if (to === "testing" || to === streamsLayer) {
    return "nothing that is published needs it";
  }
  if (from === "testing") {
    return testingMayImport.has(target) || to === "bytes"
      ? undefined
      : "storage for tests knows the contract, errors, option checks and bytes only";
  }
  if (siblings.has(from) && siblings.has(to)) {
    return `${from} and ${to} never import one another`;
  }
  if (from === "storage") {
    return to === "errors.ts" ? undefined : "adapters import errors.ts only";
  }
  if (from === "cli" && target === cliStorage) return undefined;
  if (path === levelEntry && to === "storage") return undefined;
  if (to === "storage" && !storageContract.has(target)) {
    return path === workerModule && workerAdapters.has(target)
      ? undefined
      : "only mod.ts and the worker import adapters";
  }
  if (from === "memtable" && target === "storage/storage.ts") {
    return "the MemTable does no I/O";
  }
  return layers.indexOf(from) < layers.indexOf(to)
    ? undefined
    : `${from} lies below ${to}`;
}

function checkRooms(path: string, target: string): string | undefined {
  const [from, to] = [path, target].map((file) =>
    file.split("/").at(-2) === "engine" ? undefined : file.split("/")[1]!
  );
  if (from === undefined || from === to) return undefined;
  if (!engineRooms.includes(from)) return `${from} is no room of the engine`;
  if (to === undefined) return "rooms do not import what stands on them";
  return engineRooms.indexOf(from) < engineRooms.indexOf(to)
    ? undefined
    : `${from} lies below ${to}`;
}

function checkForeign(path: string, specifier: string): string | undefined {
  if (specifier.startsWith("data:") && path === workerStarter) return undefined;
  if (specifier === "") return "a name that is made at run time";
  if (specifier.startsWith("@std/")) {
    return path === adapterFile("deno")
      ? undefined
      : "only the adapter for Deno imports @std";
  }
  if (specifier === levelPackage) {
    return layerOf(path) === "level"
      ? undefined
      : "only databases of Level stand on abstract-level";
  }
  if (cliPackages.has(specifier)) {
    return layerOf(path) === "cli"
      ? undefined
      : "only the command line stands on packages";
  }
  if (!specifier.startsWith("node:")) return "neither node: nor relative";
  const isImpure = /^node:(?:fs|child_process|net|http|sqlite)/.test(specifier);
  return isImpure && !impureLayers.has(layerOf(path))
    ? "files and processes in a layer that is pure"
    : undefined;
}

/** `mod.ts` lies beside the folder that all other paths are relative to. */
function resolveOwn(path: string, specifier: string): string {
  const from = path === "mod.ts" ? path : `src/${path}`;
  const target = posix.join(posix.dirname(from), specifier);
  if (target === "mod.ts") return target;
  return target.startsWith("src/") ? target.slice("src/".length) : `/${target}`;
}

function layerOf(path: string): string {
  return path.split("/")[0]!;
}

function adapterFile(runtime: string): string {
  return `storage/${runtime}.ts`;
}
