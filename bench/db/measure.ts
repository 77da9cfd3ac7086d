import process from "node:process";

/** How often the probe looks, in milliseconds. */
const PROBE_MS = 2;

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
  return process.resourceUsage().maxRSS * 1024;
}

/** The middle one of `values`. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >>> 1]!;
}
