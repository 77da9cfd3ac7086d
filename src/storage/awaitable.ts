/**
 * A value from synchronous storage, or a promise of one from asynchronous storage. One interface
 * and one engine serve both, and a cached read finishes without a promise.
 */
export type Awaitable<T> = T | Promise<T>;

/** Whether the answer is still to come. */
export function isPending<T>(value: Awaitable<T>): value is Promise<T> {
  return value instanceof Promise;
}

/** Applies `next` at once to a value that is there, later to one that is still to come. */
export function chain<T, R>(
  value: Awaitable<T>,
  next: (value: T) => Awaitable<R>,
): Awaitable<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/**
 * Takes every step, one after another, also when one before it has failed; then throws what failed
 * first.
 */
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
