import {
  availableRuntimes,
  currentRuntime,
  type Runtime,
} from "../support/runtimes.ts";

/**
 * The runtimes to run the examples in: for tests in Deno all that are there, else the one that runs
 * the tests, which needs no @std. A Deno that others start might not have it.
 */
export function exampleRuntimes(): Runtime[] {
  const current = currentRuntime();
  return current.name === "deno" ? availableRuntimes() : [current];
}
