import type { Awaitable } from "../storage/awaitable.ts";

/** Takes every step, one after another, also when one before it has failed; then throws what failed first. */
export async function inTurn(
  steps: readonly (() => Awaitable<void>)[],
): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
