import { assert, assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import { kv } from "../support/command_line.ts";
import { tempDir } from "../support/temp_dir.ts";

test("The shell runs the lines of a script on one open store", async () => {
  await using dir = tempDir();
  const input = [
    "put 'a b' 1",
    `put c "x \\"y\\""`,
    "scan",
    "get nothing",
    "scan --count",
    "verify",
    "exit",
    "put never 1",
  ].join("\n");
  const { code, stdout, stderr } = await kv(
    ["shell", dir.path, "--create"],
    { input },
  );
  assertEquals(code, 1, stderr);
  assert(stdout.startsWith('a b\t1\nc\tx "y"\n2\nok  '), stdout);
  assertEquals(stderr, "Not found: nothing\n");
  assertEquals((await kv(["scan", dir.path, "--count"])).stdout, "2\n");
});

test("The shell ends a script at the first line that fails, and writes nothing with --read-only", async () => {
  await using dir = tempDir();
  const failed = await kv(["shell", dir.path, "--create"], {
    input: "put a 1\nnope\nput b 2\n",
  });
  assertEquals(failed.code, 2, failed.stderr);
  const read = await kv(["shell", dir.path, "--read-only"], {
    input: "scan --keys-only\nput b 2\n",
  });
  assertEquals([read.code !== 0, read.stdout], [true, "a\n"], read.stderr);
});
