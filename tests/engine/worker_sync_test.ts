import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { test } from "../harness.ts";
import { availableRuntimes, runScript } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";

const script = new URL("./worker_sync/launcher.ts", import.meta.url);

// Only Node lets a module into a worker before all others.
for (const runtime of availableRuntimes()) {
  if (runtime.name !== "node") continue;
  test("A sync of the folder that fails in the worker poisons the store: it may have let go of names of the engine's", async () => {
    await using dir = tempDir();
    const { code, stdout, stderr } = await runScript(runtime, script, {
      args: [join(dir.path, "store")],
    });
    assertEquals(code, 0, stderr);
    assertMatch(stdout, /^KV_POISONED .*syncDirectory.*EIO/);
  });
}
