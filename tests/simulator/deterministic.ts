import { Random } from "../../src/testing/random.ts";

/**
 * Makes the clock and the randomness of this runtime depend on seeds until it is disposed of:
 * `using _ = deterministic(seed)`. The engine asks nothing else of the world around it, so the same
 * seeds and the same calls of it give the same calls of its storage, and the same bytes.
 */
export function deterministic(...seeds: readonly number[]): Disposable {
  const random = new Random(...seeds);
  let nowMs = 0;
  const clock = replace(performance, "now", () => {
    // Mostly little time passes between two looks, now and then more than a slice of background
    // work.
    nowMs += random.below(100) === 0 ? 20 : random.below(8) / 8;
    return nowMs;
  });
  const chance = replace(crypto, "getRandomValues", (target) => {
    random.fill(
      new Uint8Array(target.buffer, target.byteOffset, target.byteLength),
    );
    return target;
  });
  // Errors that are expected, such as that of a missing file, are as cheap as can be: without their
  // stacks.
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  return {
    [Symbol.dispose]() {
      Error.stackTraceLimit = limit;
      chance[Symbol.dispose]();
      clock[Symbol.dispose]();
    },
  };
}

function replace<T extends object, K extends keyof T>(
  target: T,
  name: K,
  value: T[K],
): Disposable {
  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { value, configurable: true });
  return {
    [Symbol.dispose]() {
      if (before) Object.defineProperty(target, name, before);
      else delete target[name];
    },
  };
}
