import { assertEquals } from "@std/assert";
import { join } from "node:path";
import {
  type Point,
  type Summary,
  TimeSeriesLog,
} from "../../examples/time_series/log.ts";
import { json, open, tuple } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { startScript } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";
import { exampleRuntimes } from "./runtimes.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const start = Date.parse("2026-05-01T00:00:00Z");
const options = { keys: tuple, values: json<number | Summary>() };

test("Log gives the values of a window of time, across days, in order", async () => {
  await using db = await open(new MemoryStorage(), options);
  const log = new TimeSeriesLog(db);
  const times = [30 * HOUR_MS, 0, 23 * HOUR_MS, 24 * HOUR_MS, 50 * HOUR_MS];
  for (const time of times) {
    await log.append("a", { timeMs: start + time, value: time / HOUR_MS });
    await log.append("b", { timeMs: start + time, value: -1 });
  }
  const found: Point[] = [];
  const end = start + 50 * HOUR_MS;
  for await (const point of log.points("a", start + 1, end)) found.push(point);
  assertEquals(found.map(({ value }) => value), [23, 24, 30]);
  assertEquals(found[0]!.timeMs, start + 23 * HOUR_MS);
  assertEquals(log.series(start), ["a", "b"]);
  assertEquals(log.series(start + 3 * DAY_MS), []);
});

test("Log keeps summaries of days that are rolled up, and forgets their values", async () => {
  await using db = await open(new MemoryStorage(), options);
  const log = new TimeSeriesLog(db);
  for (let minute = 0; minute < 3 * 24 * 60; minute += 10) {
    await log.append("a", { timeMs: start + minute * 60_000, value: minute });
  }
  const all = { fromMs: start, toMs: start + 3 * DAY_MS, lengthMs: DAY_MS };
  const before = await log.windows("a", all);
  assertEquals(before.size, 3);
  assertEquals(before.get(start), {
    count: 144,
    sum: 102_960,
    min: 0,
    max: 1430,
  });
  // The day that is not over yet stays as it is.
  await log.rollUp(start + 2 * DAY_MS + HOUR_MS);
  assertEquals(await log.windows("a", all), before);
  assertEquals([...db.scanSync({ prefix: ["raw"] })].length, 144);
  assertEquals([...db.scanSync({ prefix: ["hour"] })].length, 48);
  // Late, and not lost.
  await log.append("a", { timeMs: start, value: -1 });
  await log.rollUp(start + 2 * DAY_MS);
  assertEquals((await log.windows("a", all)).get(start)?.min, -1);
  assertEquals((await log.windows("a", all)).get(start)?.count, 145);
  await log.forget("a", start + DAY_MS);
  assertEquals([...db.scanSync({ prefix: ["hour"] })].length, 24);
  assertEquals((await log.windows("a", all)).size, 2);
});

for (const runtime of exampleRuntimes()) {
  test(`Example time_series/main.ts logs what it is told in ${runtime.name}`, async () => {
    await using dir = tempDir();
    await untilWithinDay();
    const script = new URL(
      "../../examples/time_series/main.ts",
      import.meta.url,
    );
    await using running = startScript(runtime, script, {
      args: [join(dir.path, "store")],
    });
    const now = new Date().toISOString();
    running.write(`load 1 ${now}\nload 2\nnonsense\nload x\n`);
    running.write(`old 1 2020-01-01\nheat -3.5 ${now}\n`);
    running.end();
    const { code, stdout, stderr } = await running.result;
    assertEquals([code, stderr], [0, "2 lines are no measurements\n"]);
    assertEquals(
      stdout,
      [
        "heat: 1 values, -3.5 to -3.5, mean -3.50\n",
        "load: 2 values, 1 to 2, mean 1.50\n",
      ].join(""),
    );
  });
}

/** Waits where a day is about to end: the example tells of the day that it is then. */
async function untilWithinDay(): Promise<void> {
  const leftMs = DAY_MS - Date.now() % DAY_MS;
  if (leftMs > 60_000) return;
  await new Promise((resolve) => setTimeout(resolve, leftMs));
}
