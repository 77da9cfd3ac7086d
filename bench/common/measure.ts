import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** How often the probe looks, in milliseconds. */
const PROBE_MS = 2;

/** The unit in which systems count the blocks of a file. */
const BLOCK_BYTES = 512;

/** Finds the longest time for which the event loop ran nothing but the workload. */
export class StallProbe {
  #timer: ReturnType<typeof setInterval> | undefined;
  #last = 0;
  #longest = 0;

  start(): void {
    this.#longest = 0;
    this.#last = performance.now();
    this.#timer = setInterval(() => this.#look(), PROBE_MS);
  }

  /** Ends the watch. Answers the longest gap between two turns, in milliseconds. */
  stop(): number {
    clearInterval(this.#timer);
    this.#look();
    return this.#longest;
  }

  #look(): void {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#last);
    this.#last = now;
  }
}

/** The most memory that the process has had so far, in bytes. */
export function peakMemoryBytes(): number {
  // Unlike maxRSS, it does not count what the parent had before it became this process.
  return readStatus("self", "VmHWM") ?? process.resourceUsage().maxRSS * 1024;
}

/** The most memory that another process has had so far, in bytes, where the system tells. */
export function peakMemoryOf(pid: number): number | undefined {
  return readStatus(String(pid), "VmHWM");
}

/** The memory that the process has now, in bytes. */
export function memoryBytes(): number {
  return readStatus("self", "VmRSS") ?? process.memoryUsage().rss;
}

/** A size that Linux tells of a process, in bytes. */
function readStatus(pid: string, field: string): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const match = new RegExp(`${field}:\\s*(\\d+) kB`).exec(status);
    return match === null ? undefined : Number(match[1]) * 1024;
  } catch {
    return undefined;
  }
}

/**
 * Size of all files in a folder whose name fits, in bytes, without the holes that some of them
 * have.
 */
export function folderBytes(folder: string, names: RegExp = /./): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true }) as string[]) {
    const stats = lstatSync(join(folder, entry), { throwIfNoEntry: false });
    if (!stats?.isFile() || !names.test(entry)) continue;
    bytes += Math.min(stats.size, (stats.blocks ?? Infinity) * BLOCK_BYTES);
  }
  return bytes;
}

/** The middle one of `values`; of an even number the larger one of two. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value that the given share of all values stays below. */
export function percentile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  const index = Math.floor(sorted.length * share);
  return sorted[Math.min(index, sorted.length - 1)]!;
}
