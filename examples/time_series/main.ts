// Logs what it is told and prints summaries: see README.md.
//
// In a project of your own:
//
//   import { json, open, tuple } from "@purekv/purekv";
import process from "node:process";
import { createInterface } from "node:readline";
import { json, open, tuple } from "../../mod.ts";
import { type Summary, TimeSeriesLog } from "./log.ts";

const DAY_MS = 24 * 3_600_000;
const RAW_DAYS = 7;
const SYNC_EVERY_MS = 1000;

const [folder = "./series"] = process.argv.slice(2);
await using db = await open(folder, {
  keys: tuple,
  values: json<number | Summary>(),
});
const log = new TimeSeriesLog(db);

// One sync a second, whatever the number of values. A failure also shows at the next write.
const syncing = setInterval(
  () => log.sync().catch(console.error),
  SYNC_EVERY_MS,
);
let refused = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const [series, text, time] = line.trim().split(/\s+/);
  const value = Number(text);
  const timeMs = time === undefined ? Date.now() : Date.parse(time);
  if (!series || text === undefined || !Number.isFinite(value + timeMs)) {
    refused++;
    continue;
  }
  await log.append(series, { timeMs, value });
}
clearInterval(syncing);
await log.sync();
await log.rollUp(Date.now() - RAW_DAYS * DAY_MS);

if (refused > 0) console.error(`${refused} lines are no measurements`);
const now = Date.now();
for (const series of log.series(now)) {
  const today = { fromMs: now - now % DAY_MS, toMs: now + 1 };
  const windows = await log.windows(series, { ...today, lengthMs: DAY_MS });
  for (const { count, sum, min, max } of windows.values()) {
    const mean = (sum / count).toFixed(2);
    console.log(`${series}: ${count} values, ${min} to ${max}, mean ${mean}`);
  }
}
