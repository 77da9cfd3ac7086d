import { assert, assertEquals } from "@std/assert";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { open, verify } from "../../mod.ts";
import { test } from "../harness.ts";
import { startKv } from "../support/command_line.ts";
import { tempDir } from "../support/temp_dir.ts";

const ends = [["interrupt", 130], ["terminate", 143]] as const;

for (const [signal, expected] of ends) {
  test(`load that is asked to ${signal} keeps what it has loaded, in a sound store, and ends with ${expected}`, async () => {
    await using dir = tempDir();
    const store = join(dir.path, "store");
    await using running = startKv(["load", store, "--create"]);
    // More than a batch; the rest of the input never comes.
    for (let i = 0; i < 2500; i++) {
      running.write(`{"key":"k${i}","value":"v"}\n`);
    }
    while (logBytes(store) < 10_000) await pause();
    running[signal]();
    const { code, stderr } = await running.result;
    assertEquals(code, expected, stderr);
    const loaded = /Loaded before that: ([\d,]+) entries/.exec(stderr)?.[1];
    assert((await verify(store)).ok);
    await using db = await open(store, { readOnly: true });
    const count = [...db.scanSync()].length;
    assertEquals(count, Number(loaded?.replaceAll(",", "")), stderr);
    assert(count >= 1000, stderr);
  });
}

test("scan ends quietly when nobody reads its output any more", async () => {
  await using dir = tempDir();
  {
    await using db = await open(dir.path);
    const batch = db.batch();
    for (let i = 0; i < 20_000; i++) batch.put(`k${i}`, "v".repeat(100));
    await batch.commit();
  }
  await using running = startKv(["scan", dir.path]);
  assertEquals((await running.nextLine()).split("\t")[0], "k0");
  running.closeOutput();
  const { code, stderr } = await running.result;
  assertEquals([code, stderr], [0, ""]);
});

/** Size of the logs of a store, if it is there already. */
function logBytes(store: string): number {
  if (!existsSync(store)) return 0;
  return readdirSync(store).filter((name) => name.endsWith(".log"))
    .reduce((sum, name) => sum + statSync(join(store, name)).size, 0);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
