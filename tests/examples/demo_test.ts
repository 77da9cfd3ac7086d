// Runs the demo on small folders and looks at what it prints and leaves behind.
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "../harness.ts";
import {
  currentRuntime,
  runScript,
  type Runtime,
  type ScriptResult,
  startScript,
} from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";
import { exampleRuntimes } from "./runtimes.ts";

const demo = new URL("../../examples/demo.ts", import.meta.url);

for (const runtime of exampleRuntimes()) {
  test(`Demo indexes a folder and survives kills in ${runtime.name}`, async () => {
    await using dir = tempDir();
    const texts = makeTexts(dir.path);
    const { code, stdout, stderr } = await runDemo(runtime, dir.path, [texts]);
    assertEquals(stderr, "");
    assertEquals(code, 0);
    for (
      const expected of [
        /✓ 4 files, [\d.]+ (?:Ki)?B, 9 places of words in /,
        /! image\.bin left out: binary\n/,
        /! latin1\.txt left out: binary\n/,
        /! large\.txt left out: larger than 1 MiB\n/,
        /✓ every word: 8 words, 9 places /,
        /✓ "kelpie": 2 places .*\n {6}a\.txt:1:1 {2}Kelpie lore, kelpie\n {6}sub\/b\.txt:2:6 {2}more kelpie\n/,
        /✓ words with "kel": 2 in 3 places .*\n {6}kelp, kelpie\n/,
        /✓ words from k to l: 4 in 5 places .*\n {6}kelp, kelpie, last, lore\n/,
        /✓ 2 lines by key, without promises /,
        /the new word is found, but not by a snapshot taken before\n/,
        /: \d+ entries deleted in one batch /,
        /: put back, byte for byte as it was\n/,
        /\n {2}where +holds +size\n {2}memory /,
        /✓ compacted to /,
        /(?:✓ killed after [\d,]+ acknowledged: none missing, [\d,]+ more .*\n {2}){3}✓ the index/,
        /✓ the index beside them is whole: 9 places\n/,
        /All is as it should be\./,
      ]
    ) assertMatch(stdout, expected);
    // No progress line and no colours where there is no terminal.
    // deno-lint-ignore no-control-regex
    assert(!/[\r\x1b]/.test(stdout));
    for (const line of stdout.split("\n").slice(1)) {
      assert([...line].length <= 80, `Wider than 80 columns: ${line}`);
    }
  });
}

test("Demo with a store of its own reads in only what has changed", async () => {
  await using dir = tempDir();
  const texts = makeTexts(dir.path);
  // Inside of the folder that is read: the demo must not index its own files.
  const args = [texts, "--store", join(texts, "store")];
  const runtime = currentRuntime();
  await runDemo(runtime, dir.path, args);
  writeFileSync(join(texts, "a.txt"), "nothing of it is left\n");
  rmSync(join(texts, "sub"), { recursive: true });
  const { code, stdout } = await runDemo(runtime, dir.path, args);
  assertEquals(code, 0);
  assertMatch(stdout, /✓ 2 files, [\d.]+ (?:Ki)?B, 5 places of words in /);
  assertMatch(stdout, /✓ 1 file had not changed\n/);
  assertMatch(stdout, /✓ every word: 5 words, 5 places /);
});

test("Demo says what is wrong and leaves nothing behind", async () => {
  await using dir = tempDir();
  mkdirSync(join(dir.path, "empty"));
  for (
    const [args, problem] of [
      [[join(dir.path, "missing")], /^\nThe demo failed: ENOENT.*missing/],
      [[join(dir.path, "empty")], /^\nThe demo failed: There is no text file /],
      [["a", "b"], /^\nThe demo failed: Name one folder at most\n$/],
      [["--shop"], /^\nThe demo failed: Unknown option '--shop'/],
    ] as const
  ) {
    const result = await runDemo(currentRuntime(), dir.path, args);
    assertEquals(result.code, 1);
    assertMatch(result.stderr, problem);
  }
});

test("Demo that is terminated takes its writer and its folder with it", async () => {
  await using dir = tempDir();
  const env = { TMPDIR: makeTemp(dir.path) };
  const args = [makeTexts(dir.path)];
  let code: number | null = 0;
  // If this process gets no turn meanwhile, a demo is done before it is told to end.
  for (let tries = 0; code === 0 && tries < 10; tries++) {
    code = await terminateAtWork(args, env);
  }
  assertEquals(code, 143);
  assertEquals(readdirSync(env.TMPDIR), []);
  while (namedInProcesses(env.TMPDIR)) await aMoment();
});

/** Terminates a demo that has a writer, and answers with its exit code. */
async function terminateAtWork(
  args: readonly string[],
  env: { readonly TMPDIR: string },
): Promise<number | null> {
  await using running = startScript(currentRuntime(), demo, { args, env });
  let isOver = false;
  const noteEnd = () => {
    isOver = true;
  };
  running.result.then(noteEnd, noteEnd);
  while (!(await running.nextLine()).startsWith("Killing a writer"));
  while (!isOver && !namedInProcesses(env.TMPDIR)) await aMoment();
  running.terminate();
  return (await running.result).code;
}

function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

async function runDemo(
  runtime: Runtime,
  dir: string,
  args: readonly string[],
): Promise<ScriptResult> {
  const env = { TMPDIR: makeTemp(dir) };
  const result = await runScript(runtime, demo, { args, env });
  assertEquals(readdirSync(env.TMPDIR), []);
  return result;
}

/** A temp folder for a demo alone, so that what it leaves behind shows. */
function makeTemp(dir: string): string {
  const path = join(dir, "temp");
  mkdirSync(path, { recursive: true });
  return path;
}

/** A folder with texts, and with files that are none. */
function makeTexts(dir: string): string {
  const folder = join(dir, "texts");
  for (const name of ["sub", ".git", "node_modules"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const files: Record<string, string | Uint8Array> = {
    "a.txt": "Kelpie lore, kelpie\nkelp\n",
    "sub/b.txt": "\nmore kelpie\n",
    "sub/c.md": "Größe ändert nichts, 0 1 2\nlast",
    "empty.txt": "",
    "image.bin": new Uint8Array([0x50, 0, 0x51]),
    "latin1.txt": new Uint8Array([0x47, 0x72, 0xf6]),
    "large.txt": "large ".repeat(200_000),
    ".git/config": "hidden",
    "node_modules/index.js": "hidden",
  };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** Whether a process has `path` in its arguments; where there is no /proc, none is found. */
function namedInProcesses(path: string): boolean {
  if (!existsSync("/proc/self/cmdline")) return false;
  return readdirSync("/proc").some((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(path);
    } catch {
      return false;
    }
  });
}
