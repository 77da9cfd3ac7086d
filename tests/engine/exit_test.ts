import { assertEquals } from "@std/assert";
import { open } from "../../mod.ts";
import { test } from "../harness.ts";
import { currentRuntime, startScript } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";

const script = new URL("./exit/forgetful.ts", import.meta.url);

/** Far more than it takes; a process that hangs fails by it. */
const patienceMs = 60_000;

test("A process that forgets close ends by itself and loses nothing", async () => {
  await using dir = tempDir();
  await using running = startScript(currentRuntime(), script, {
    args: [dir.path],
  });
  const timer = setTimeout(() => running.kill(), patienceMs);
  const { code, signal, stdout, stderr } = await running.result;
  clearTimeout(timer);
  assertEquals(stdout, "written\n", stderr);
  assertEquals([code, signal], [0, null], stderr);
  await using db = await open(dir.path);
  const entries = [...db.scanSync()];
  assertEquals(entries.length, 10_000);
});
