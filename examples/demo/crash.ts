// A writer that is killed in the middle of its work, and the proof that nothing
// it was promised is missing.
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type KvEngine, open, type Tuple, tuple } from "../../mod.ts";
import { check, count, dim, done, time } from "./terminal.ts";

const rounds = 3;
const recordsBeforeKill = 1_500;
const patienceMs = 90_000;

/** The value that belongs to a record. */
export function recordText(n: number): string {
  return `record ${n} ${"abcdefghij".repeat(n % 20)}`;
}

/** Has a writer killed three times and looks at the store, in `folder`, after each. */
export async function killAndRecover(folder: string): Promise<void> {
  // Those of an earlier run would pass for ours.
  await removeRecords(folder);
  for (let round = 1; round <= rounds; round++) {
    const acknowledged = await writeUntilKilled(folder, round);
    const startedAt = performance.now();
    await using db = await open(folder, { keys: tuple });
    const opened = performance.now() - startedAt;
    const found = await recordsOf(db, round);
    const missing = acknowledged.filter((n) => found.get(n) !== recordText(n));
    check(
      missing.length === 0,
      `After the kill ${missing.length} of ${acknowledged.length} acknowledged records are missing, the first is ${
        missing[0]
      }`,
    );
    done(
      `killed after ${count(acknowledged.length)} acknowledged: none missing, ${
        count(found.size - acknowledged.length)
      } more ${dim(`(open: ${time(opened)})`)}`,
    );
  }
}

/** Removes what the rounds have written. */
export async function removeRecords(folder: string): Promise<void> {
  await using db = await open(folder, { keys: tuple });
  const batch = db.batch();
  for await (const key of db.keys({ prefix: ["record"] })) batch.del(key);
  await batch.commit();
}

/**
 * Starts the writer in a process of its own, kills it, and returns the numbers that it had printed.
 */
function writeUntilKilled(folder: string, round: number): Promise<number[]> {
  const script = fileURLToPath(new URL("./crash_writer.ts", import.meta.url));
  const child = spawn(
    process.execPath,
    [...runtimeArguments(), script, folder, String(round)],
    { stdio: ["pipe", "pipe", "pipe"] },
  );
  const kill = (): void => void child.kill("SIGKILL");
  const alarm = setTimeout(kill, patienceMs);
  // Before the folder is removed, which a writer at work would stand in the way of.
  process.prependOnceListener("exit", kill);
  let printed = "";
  let errors = "";
  let lines = 0;
  let isDoomed = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    lines += text.split("\n").length - 1;
    if (lines < recordsBeforeKill || isDoomed) return;
    isDoomed = true;
    // At no moment of its choosing.
    setTimeout(kill, Math.random() * 10);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(alarm);
      process.off("exit", kill);
      if (signal !== "SIGKILL" || lines < recordsBeforeKill) {
        const end = signal ?? `exit code ${code}`;
        const problem =
          `The writer ended too early, by ${end}, after ${lines} records`;
        reject(new Error(`${problem}\n${errors}`.trimEnd()));
      } else {
        // What follows the last line feed may be half a number.
        resolve(printed.split("\n").slice(0, -1).map(Number));
      }
    });
  });
}

async function recordsOf(
  db: KvEngine<Tuple, string>,
  round: number,
): Promise<Map<number, string>> {
  const records = new Map<number, string>();
  for await (const [key, text] of db.scan({ prefix: ["record", round] })) {
    records.set(key[2] as number, text);
  }
  return records;
}

function runtimeArguments(): string[] {
  if (process.versions.deno !== undefined) return ["run", "--quiet", "-A"];
  return process.versions.bun !== undefined ? [] : process.execArgv;
}
