import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { test } from "../harness.ts";
import { kv } from "../support/command_line.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeStoreWithUsers } from "./store_with_users.ts";

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

test("A shell reads and writes the keyspace that it was started with, and goes to another, or to none, with use", async () => {
  await using dir = tempDir();
  const store = join(dir.path, "store");
  await makeStoreWithUsers(store);
  const input = [
    "scan",
    "use",
    "scan --count",
    "use cities --create --values json",
    `put Wien '{"at":48}'`,
    "use users",
    `del '["a",1]'`,
    "verify",
    "use cities",
    "scan",
  ].join("\n");
  const run = await kv(["shell", store, "--keyspace", "users"], { input });
  assertEquals(run.code, 0, run.stderr);
  const shown = run.stdout.replace(/^ok .*$/m, "ok");
  const users = '["a",1]\t{"name":"Alice"}\n';
  assertEquals(shown, `${users}1\nok\nWien\t{"at":48}\n`);

  const readOnly = await kv(["shell", store, "--read-only"], {
    input: "use users\nscan --count\nuse\nscan\nuse nope",
  });
  assertEquals([readOnly.code, readOnly.stdout], [3, "0\nplain\t1\n"]);
  const there =
    "Cannot open keyspace nope: it does not exist, the store has only";
  assert(readOnly.stderr.includes(`${there} cities, users\n`));
});

test("use is told in the help of a shell, and is no command elsewhere", async () => {
  await using dir = tempDir();
  const { stdout } = await kv(["shell", dir.path, "--create"], {
    input: "help\nhelp use\n",
  });
  assert(/^ +use .*\[keyspace\]/m.test(stdout), stdout);
  assert(stdout.includes("use cities --create"), stdout);
  assertEquals((await kv(["use", "users"])).code, 2);
});
