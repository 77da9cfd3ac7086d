// That followers are compared with the engine, in this runtime. What the figures are is nobody's
// business here.
import { assert, assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import { currentRuntime, runScript } from "../support/runtimes.ts";

const SCRIPT = new URL("../../bench/followers.ts", import.meta.url);

test("bench:followers prints what the engine, one follower and two of them read in a second", async () => {
  const { code, stdout, stderr } = await runScript(currentRuntime(), SCRIPT, {
    args: ["--num=2000", "--rounds=1"],
  });
  assertEquals(code, 0, stdout + stderr);
  for (const name of ["engine alone", "1 follower", "2 followers"]) {
    assert(new RegExp(`${name} +[0-9,]+ gets/s`).test(stdout), stdout);
  }
});
