import { assertEquals, assertThrows } from "@std/assert";
import { readdirSync } from "node:fs";
import process from "node:process";
import { KvError } from "../../src/errors.ts";
import { NodeStorage } from "../../src/storage/node.ts";
import { test } from "../harness.ts";
import { tempDir } from "../support/temp_dir.ts";

test("A lock says which runtimes have what it needs where it is missing", async () => {
  await using dir = tempDir();
  const storage = new NodeStorage(dir.path);
  withBuiltin(() => undefined, () => {
    const error = assertThrows(() => storage.lock({ shared: false }), KvError);
    assertEquals(error.code, "KV_UNSUPPORTED");
    assertEquals(error.message.includes("Node 22.13"), true);
  });
  assertEquals(readdirSync(dir.path), []);
  await storage.lock({ shared: false }).release();
});

test("A lock silences the warning about SQLite and no other", async () => {
  await using dir = tempDir();
  const { emitWarning, getBuiltinModule } = process;
  const warnings: unknown[] = [];
  process.emitWarning = (warning: unknown) => void warnings.push(warning);
  const load = (name: string) => {
    process.emitWarning("SQLite is new", "ExperimentalWarning");
    process.emitWarning("careful", "Warning");
    return getBuiltinModule.call(process, name);
  };
  try {
    const storage = new NodeStorage(dir.path);
    await withBuiltin(load, () => storage.lock({ shared: true }).release());
    assertEquals(warnings, []);
    await withBuiltin(load, () => storage.lock({ shared: false }).release());
    // One for each of the two files.
    assertEquals(warnings, ["careful", "careful"]);
  } finally {
    process.emitWarning = emitWarning;
  }
});

/** Lets `load` stand in for `process.getBuiltinModule` while `fn` runs. */
function withBuiltin<T>(load: (name: string) => unknown, fn: () => T): T {
  const { getBuiltinModule } = process;
  process.getBuiltinModule = load as typeof getBuiltinModule;
  try {
    return fn();
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
}
