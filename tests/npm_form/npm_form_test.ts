// Installs the package, in the form that JSR gives it for npm, into applications that are empty,
// and runs them.
import { assert, assertEquals } from "@std/assert";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "../harness.ts";
import { availableRuntimes, currentRuntime } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeApp, writeReadmeSnippets } from "./app.ts";
import { makePackage, type PackageForm } from "./make_package.ts";
import { run } from "./run.ts";

/** The oldest Node that the README names. It takes no TypeScript and no `await using`. */
const oldestNode = "node@22.13.0";
const typeScript = ["typescript@7", "@types/node@24"];
const npmFlags = ["--no-audit", "--no-fund", "--loglevel=error"];
const timeoutMs = 900_000;

// Deno makes the package.
if (currentRuntime().name === "deno") {
  test(
    "Package for npm runs in an application for Bun and in one for Node, and its types resolve",
    async () => {
      await using dir = tempDir();
      const form = await makePackage(dir.path);
      const missing = ["bun", "node"].filter((name) =>
        !availableRuntimes().some((runtime) => runtime.name === name)
      );
      assertEquals(missing, [], "cannot be tried without them");
      await Promise.all([tryInBun(dir.path, form), tryInNode(dir.path, form)]);
    },
    { timeoutMs },
  );
}

async function tryInBun(parent: string, form: PackageForm): Promise<void> {
  const folder = newApp(parent, "bun", form);
  const bun = binaryOf("bun");
  await run(bun, ["install"], { cwd: folder });
  await tryModules(folder, bun);
  await tryReadme(folder, bun);
}

async function tryInNode(parent: string, form: PackageForm): Promise<void> {
  const folder = newApp(parent, "node", form);
  const node = binaryOf("node");
  await run("npm", ["install", ...npmFlags], { cwd: folder });
  await tryModules(folder, node);
  await tryReadme(folder, node);
  // The package goes into the application first: nothing of what follows helps it.
  await run("npm", ["install", ...npmFlags, oldestNode, ...typeScript], {
    cwd: folder,
  });
  await tryTypes(folder);
  const oldest = newApp(folder, "oldest", form);
  await tryModules(oldest, join(folder, "node_modules/.bin/node"));
}

/** A new folder with an application. */
function newApp(parent: string, name: string, form: PackageForm): string {
  const folder = join(parent, name);
  mkdirSync(folder);
  makeApp(folder, form);
  return folder;
}

async function tryModules(folder: string, binary: string): Promise<void> {
  await run(binary, ["quickstart.mjs"], { cwd: folder });
  await run(binary, ["entries.mjs"], { cwd: folder });
  const answer = await run(binary, ["background.mjs"], { cwd: folder });
  assertEquals(JSON.parse(answer), {
    flushes: 2,
    compactions: 1,
    inWorker: 3,
    entries: 30_000,
  }, folder);
}

async function tryReadme(folder: string, binary: string): Promise<void> {
  assert(writeReadmeSnippets(folder) >= 8);
  await run(binary, ["readme.ts"], { cwd: folder });
  const args = ["kv.mjs", "scan", "quickstart"];
  assertEquals(await run(binary, args, { cwd: folder }), "user:1\tAlice\n");
}

/**
 * Compiles a module that uses the package, in both ways in which modules are looked up, with the
 * libraries' types checked too.
 */
async function tryTypes(folder: string): Promise<void> {
  for (
    const [module, moduleResolution] of [
      ["nodenext", "nodenext"],
      ["esnext", "bundler"],
    ] as const
  ) {
    await run(
      join(folder, "node_modules/.bin/tsc"),
      [
        ...["--noEmit", "--strict", "--target", "esnext", "--types", "node"],
        ...["--module", module, "--moduleResolution", moduleResolution],
        ...["--ignoreConfig", "types.ts"],
      ],
      { cwd: folder },
    );
  }
}

function binaryOf(name: "bun" | "node"): string {
  return availableRuntimes().find((runtime) => runtime.name === name)!.binary;
}
