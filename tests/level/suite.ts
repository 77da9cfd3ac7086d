import { assertEquals } from "@std/assert";
import type { AbstractLevel } from "abstract-level";
import type { Buffer } from "node:buffer";
import suite from "abstract-level/test/index.js";
import tape from "tape";

/** Makes a database of its own for a test of the suite. */
export type Factory = (
  options?: object,
) => AbstractLevel<string | Buffer | Uint8Array>;

/** One assertion, or the failure of a whole test, as tape reports it. */
interface Row {
  readonly type: string;
  readonly ok?: boolean;
  readonly skip?: unknown;
  readonly todo?: unknown;
  readonly test?: number;
  readonly id?: number;
  readonly name?: string;
  readonly error?: unknown;
}

/** What a run of the suite came to. */
export interface SuiteResult {
  readonly assertions: number;
  /** The first of the failed or skipped assertions, each with the name of its test. */
  readonly problems: readonly string[];
}

/** The stream of tape: older than async iteration. */
interface Rows {
  on(event: "data", listener: (row: Row) => void): void;
  on(event: "end", listener: () => void): void;
}

/** Runs all the tests that abstract-level publishes for its implementations. */
export async function runSuite(factory: Factory): Promise<SuiteResult> {
  const harness = tape.createHarness();
  const finished = collect(harness.createStream({ objectMode: true }));
  suite({ test: harness, factory });
  return await finished;
}

function collect(rows: Rows): Promise<SuiteResult> {
  const names = new Map<number, string>();
  const problems: string[] = [];
  let assertions = 0;
  rows.on("data", (row) => {
    if (row.type === "test") names.set(row.id!, row.name!);
    if (row.type !== "assert") return;
    assertions++;
    if (row.ok && !row.skip && !row.todo) return;
    const test = names.get(row.test!) ?? "no test";
    problems.push(`${test}: ${row.name} ${row.error ?? ""}`);
  });
  return new Promise((resolve) => {
    rows.on("end", () => resolve({ assertions, problems }));
  });
}

/**
 * Fails unless the whole suite passed, with at least as many assertions as it has for what is
 * declared.
 */
export function assertPassed(
  { assertions, problems }: SuiteResult,
  least: number,
): void {
  assertEquals(problems.slice(0, 10), [], `${problems.length} problems`);
  assertEquals(assertions >= least, true, `only ${assertions} assertions`);
}
