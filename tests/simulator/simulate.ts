// Simulates crashes for as long as it is told to:
//
//   deno task simulate --seed 1 --minutes 10
//   deno task simulate --seed 1 --recoveries 1000000
//
// With --workload NAME, --crash CALL and --survival KIND it takes only those.
// Ends with 1 and the command that repeats it when the engine fails, with 2
// when it does not understand its flags.
import process from "node:process";
import { parseArgs } from "node:util";
import {
  type CampaignOptions,
  isSurvival,
  isWorkload,
  type Outcome,
  type Progress,
  simulate,
} from "./campaign.ts";
import { survivals } from "../../src/testing/testing.ts";
import { workloads } from "./workloads.ts";

const RECOVERIES_PER_LINE = 1000;
const MS_PER_MINUTE = 60_000;

let options: CampaignOptions;
try {
  options = optionsOf(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
}
const outcome = await simulate({ ...options, onProgress: progressShower() });
show(outcome);
process.exitCode = outcome.failure === undefined ? 0 : 1;

function optionsOf(args: string[]): CampaignOptions {
  const string = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      seed: string,
      minutes: string,
      recoveries: string,
      workload: string,
      crash: string,
      survival: string,
    },
  });
  const { workload, survival } = values;
  if (workload !== undefined && !isWorkload(workload)) {
    throw new Error(
      `--workload is one of ${listOf(workloads, ({ name }) => name)}`,
    );
  }
  if (survival !== undefined && !isSurvival(survival)) {
    throw new Error(`--survival is one of ${survivals.join(", ")}`);
  }
  const recoveries = wholeNumber("recoveries", values.recoveries);
  const minutes = values.minutes === undefined
    ? undefined
    : positiveNumber("minutes", values.minutes);
  const isBounded = recoveries !== undefined || values.crash !== undefined;
  return {
    seed: wholeNumber("seed", values.seed) ?? 1,
    recoveries: recoveries ?? Infinity,
    milliseconds: MS_PER_MINUTE * (minutes ?? (isBounded ? Infinity : 1)),
    workload,
    survival,
    crash: wholeNumber("crash", values.crash),
  };
}

function wholeNumber(
  flag: string,
  text: string | undefined,
): number | undefined {
  if (text === undefined || /^\d{1,15}$/.test(text)) {
    return text === undefined ? undefined : Number(text);
  }
  throw new Error(`--${flag} is a whole number, not ${text}`);
}

function positiveNumber(flag: string, text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new Error(`--${flag} is a number above 0, not ${text}`);
}

function listOf<T>(items: readonly T[], name: (item: T) => string): string {
  return items.map((item) => `"${name(item)}"`).join(", ");
}

/**
 * A line for every thousand recoveries, and on a terminal one that is written over between them.
 */
function progressShower(): (progress: Progress) => void {
  const { stdout } = process;
  let lines = 0;
  let shownAt = 0;
  return (progress) => {
    const { recoveries, milliseconds } = progress;
    const line = lineOf(progress);
    const due = Math.floor(recoveries / RECOVERIES_PER_LINE);
    if (due > lines) {
      lines = due;
      stdout.write(`${stdout.isTTY ? "\r\x1b[K" : ""}${line}\n`);
    } else if (stdout.isTTY && milliseconds - shownAt > 100) {
      shownAt = milliseconds;
      stdout.write(`\r\x1b[K${line}`);
    }
  };
}

function lineOf(
  { recoveries, milliseconds, seed, workload }: Progress,
): string {
  return `${recoveries} recoveries, ${
    rate(recoveries, milliseconds)
  } a second, seed ${seed}, ${workload}`;
}

function show({ recoveries, milliseconds, failure }: Outcome): void {
  if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");
  const seconds = (milliseconds / 1000).toFixed(1);
  console.log(
    failure ??
      `${recoveries} recoveries in ${seconds} s, ${
        rate(recoveries, milliseconds)
      } a second: nothing lost, nothing invented`,
  );
}

function rate(recoveries: number, milliseconds: number): number {
  return Math.round(recoveries * 1000 / Math.max(1, milliseconds));
}
