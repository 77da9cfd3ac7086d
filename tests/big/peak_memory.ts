import { readFileSync } from "node:fs";
import process from "node:process";

/** The largest resident set that this process has had, in bytes. */
export function peakBytes(): number {
  if (process.platform !== "linux") {
    return process.resourceUsage().maxRSS * 1024;
  }
  // Unlike maxRSS, it does not count what the parent had before it became this process.
  const status = readFileSync("/proc/self/status", "latin1");
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)![1]) * 1024;
}
