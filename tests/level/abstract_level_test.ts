import { join } from "node:path";
import type { EngineOptions } from "../../src/options.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { test } from "../harness.ts";
import "../std/register_bun.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { tempDir } from "../support/temp_dir.ts";

/** Some 1,600 databases are opened, on a machine that may have other work. */
const timeoutMs = 900_000;

const { PureLevel } = await import("../../src/level/level.ts");
const { assertPassed, runSuite } = await import("./suite.ts");

/**
 * What the suite makes a thousand of; it looks at the options that it gives, so others come in
 * below.
 */
class SmallLevel extends PureLevel {
  protected override _open(options: EngineOptions): Promise<void> {
    const small = { memtableSize: 2 ** 16, memtableEntries: 1_000 };
    return super._open({ ...options, ...small, cacheSize: 2 ** 16 });
  }
}

test("PureLevel passes the suite of abstract-level in folders", async () => {
  await using dir = tempDir();
  let made = 0;
  assertPassed(await run(() => join(dir.path, `${made++}`)), 5_100);
}, { timeoutMs });

test(
  "PureLevel passes the suite of abstract-level on storage that answers with promises",
  async () => {
    const later = () => Promise.resolve();
    const result = await run(() =>
      new AsyncStorage(new MemoryStorage(), later)
    );
    // Without getSync.
    assertPassed(result, 4_700);
  },
  { timeoutMs },
);

function run(place: () => string | Storage): ReturnType<typeof runSuite> {
  return runSuite((options) => new SmallLevel(place(), options));
}
