import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import { currentRuntime, runScript } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";

/** More than a runtime writes to any file of its own. */
const MOST_BLOCKS = 40_000;

if (process.platform !== "win32") {
  test("An append of which the system takes only a part has failed, and the next one overwrites the part", async () => {
    await using dir = tempDir();
    const limited = join(dir.path, "limited");
    const { name, binary } = currentRuntime();
    // Past the limit a write is short; at the limit it is refused.
    writeFileSync(
      limited,
      `#!/bin/sh\ntrap '' XFSZ\nulimit -f ${MOST_BLOCKS}\nexec "${binary}" "$@"\n`,
    );
    chmodSync(limited, 0o700);
    const agent = new URL("./short_write_agent.ts", import.meta.url);
    // Blocks are of 512 or 1024 bytes.
    const args = [dir.path, String(MOST_BLOCKS * 1024)];
    const { code, stdout, stderr } = await runScript(
      { name, binary: limited },
      agent,
      { args },
    );
    assertEquals([code, stderr], [0, ""]);
    assertEquals(JSON.parse(stdout), {
      failure: "append",
      size: 1000,
      sizeAtLast: 2000,
    });
    const content = readFileSync(join(dir.path, "a"));
    assert(content.length > 2000, "no part was taken");
    const [first, second, behind] = [
      content[999],
      content[1000],
      content[2000],
    ];
    assertEquals([first, second, behind], [1, 3, 2]);
  });
}
