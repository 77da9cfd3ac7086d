import { assert, assertEquals } from "@std/assert";
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "../harness.ts";
import { availableRuntimes, runScript } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";

const opener = new URL("./folder_sync/opener.ts", import.meta.url);

// Only in Node can the calls of the adapters be listened to.
for (const runtime of availableRuntimes()) {
  if (runtime.name !== "node" || process.platform !== "linux") continue;
  for (const isThere of [false, true]) {
    const what = isThere ? "that is there, but empty," : "that is missing";
    test(`The name of a folder ${what} is durable before the first write is: whoever has made it may have been killed`, async () => {
      await using dir = tempDir();
      const folder = join(dir.path, "store");
      if (isThere) mkdirSync(folder);
      const run = async () => {
        const { stdout, stderr } = await runScript(runtime, opener, {
          args: [folder],
        });
        assert(stdout !== "", stderr);
        return JSON.parse(stdout) as string[];
      };
      const parent = realpathSync(dir.path);
      assertEquals((await run()).includes(parent), true);
      // Then it is a store, and so was made durable.
      assertEquals((await run()).includes(parent), false);
    });
  }
}
