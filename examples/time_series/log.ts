// A log of measurements with retention, under tuple keys:
//
//   ["raw", day, series, timeMs]   a value
//   ["hour", series, timeMs]       what is left of an hour once its day is over
//
// The day comes before the series, so that all that is too old lies in one
// range: it is deleted with one write, and what lies in segments of its own is
// dropped without being read.
import type { KvEngine, Tuple } from "../../mod.ts";

/** Some values taken together. */
export interface Summary {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/** A value and its time, in Unix milliseconds. */
export interface Point {
  readonly timeMs: number;
  readonly value: number;
}

export type LogEngine = KvEngine<Tuple, number | Summary>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export class TimeSeriesLog {
  readonly #db: LogEngine;

  constructor(db: LogEngine) {
    this.#db = db;
  }

  /**
   * Adds a value; a second one of the same millisecond replaces it. It survives the process at
   * once, and the power after the next {@linkcode sync}.
   */
  async append(series: string, { timeMs, value }: Point): Promise<void> {
    const key = ["raw", dayOf(timeMs), series, timeMs];
    await this.#db.put(key, value, { sync: false });
  }

  /**
   * Makes everything that was added durable. To be called every second or so: that is what a loss
   * of power may take.
   */
  sync(): Promise<void> {
    return this.#db.sync();
  }

  /** The values of a series from `fromMs` up to, not including, `toMs`, in order of time. */
  async *points(
    series: string,
    fromMs: number,
    toMs: number,
  ): AsyncGenerator<Point> {
    using snapshot = this.#db.snapshot();
    for (let day = dayOf(fromMs); day * DAY_MS < toMs; day++) {
      const range = {
        gte: ["raw", day, series, fromMs],
        lt: ["raw", day, series, toMs],
      };
      for await (const [[, , , timeMs], value] of snapshot.scan(range)) {
        yield { timeMs: timeMs as number, value: value as number };
      }
    }
  }

  /**
   * The values of a series in windows of equal length, those of days that were rolled up by the
   * hour.
   */
  async windows(
    series: string,
    { fromMs, toMs, lengthMs }: {
      fromMs: number;
      toMs: number;
      lengthMs: number;
    },
  ): Promise<Map<number, Summary>> {
    const windows = new Map<number, Summary>();
    function add(timeMs: number, summary: Summary): void {
      const start = timeMs - timeMs % lengthMs;
      windows.set(start, merged(windows.get(start), summary));
    }
    const hours = {
      gte: ["hour", series, fromMs],
      lt: ["hour", series, toMs],
    };
    for await (const [[, , timeMs], summary] of this.#db.scan(hours)) {
      add(timeMs as number, summary as Summary);
    }
    for await (const { timeMs, value } of this.points(series, fromMs, toMs)) {
      add(timeMs, summaryOf(value));
    }
    return windows;
  }

  /**
   * Ends the time of old values: keeps a summary of every hour, and deletes them, one day after the
   * other. A day goes in one batch: after a crash there are either its values or their summaries.
   *
   * @param beforeMs Days that were over by then are rolled up.
   */
  async rollUp(beforeMs: number): Promise<void> {
    for (;;) {
      const [oldest] = [...this.#db.scanSync({ prefix: ["raw"], limit: 1 })];
      const day = oldest?.[0][1];
      if (day === undefined || Number(day) >= dayOf(beforeMs)) return;
      await this.#rollUpDay(["raw", day]);
    }
  }

  /**
   * Without an `await` between reading and deleting: a value that came in between would be deleted
   * unseen.
   */
  #rollUpDay(prefix: Tuple): Promise<void> {
    const batch = this.#db.batch().delRange({ prefix });
    let hour: Tuple | undefined;
    let sum: Summary | undefined;
    const finish = () => hour && sum && batch.put(hour, sum);
    for (const [[, , series, time], value] of this.#db.scanSync({ prefix })) {
      const timeMs = (time as number) - (time as number) % HOUR_MS;
      if (hour?.[1] !== series || hour?.[2] !== timeMs) {
        finish();
        hour = ["hour", series!, timeMs];
        // There is one if the day was rolled up before, and values came late.
        sum = this.#db.getSync(hour) as Summary | undefined;
      }
      sum = merged(sum, summaryOf(value as number));
    }
    finish();
    return batch.commit();
  }

  /** Deletes the summaries of a series that are older. One write, whatever their number. */
  async forget(series: string, beforeMs: number): Promise<void> {
    await this.#db.delRange({
      gte: ["hour", series],
      lt: ["hour", series, beforeMs],
    });
  }

  /**
   * The names of the series that have values of a day. Jumps from one to the next instead of
   * reading all of them.
   */
  series(timeMs: number): string[] {
    const day = dayOf(timeMs);
    const names: string[] = [];
    for (;;) {
      const last = names.at(-1);
      const [next] = [...this.#db.scanSync({
        prefix: ["raw", day],
        // Behind all times of the last series.
        ...last === undefined ? {} : { gt: ["raw", day, last, Infinity] },
        limit: 1,
      })];
      if (next === undefined) return names;
      names.push(next[0][2] as string);
    }
  }
}

function dayOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS);
}

function summaryOf(value: number): Summary {
  return { count: 1, sum: value, min: value, max: value };
}

function merged(a: Summary | undefined, b: Summary): Summary {
  if (a === undefined) return b;
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  };
}
