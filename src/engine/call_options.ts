import { invalidArgument } from "../errors.ts";
import { onlyNames } from "../option_names.ts";
import { shown } from "../option_values.ts";

/**
 * Throws `KV_INVALID_ARGUMENT` unless `options` is an object with no other fields than `names`;
 * `action` is what could not be done.
 */
export function checkNames(
  options: unknown,
  names: readonly string[],
  action: string,
): void {
  if (
    typeof options !== "object" || options === null || Array.isArray(options)
  ) {
    throw invalidArgument(
      `Cannot ${action}: the options are ${shown(options)}, no object with ${
        names.join(", ")
      }`,
    );
  }
  for (const name in options) {
    if (names.includes(name)) continue;
    throw invalidArgument(
      `Cannot ${action}: there is no option ${name.slice(0, 64)}, ${
        onlyNames(name, names)
      }`,
    );
  }
}

/** Names of the options of work that tells of its progress. */
export const PROGRESS_NAMES: readonly string[] = ["signal", "onProgress"];

/**
 * Checks the options of work that tells of its progress and can be ended; `names` are those that
 * there are.
 */
export function checkProgressOptions(
  options: { readonly signal?: unknown; readonly onProgress?: unknown },
  names: readonly string[],
  action: string,
): void {
  checkNames(options, names, action);
  checkSignal(options.signal, action);
  checkFunction(options.onProgress, "onProgress", action);
}

/**
 * Throws `KV_INVALID_ARGUMENT` for the value of an option that is neither left out nor a boolean.
 */
export function checkFlag(value: unknown, name: string, action: string): void {
  if (value === undefined || typeof value === "boolean") return;
  throw invalidArgument(
    `Cannot ${action}: ${name} is ${shown(value)}, no boolean`,
  );
}

/**
 * Throws `KV_INVALID_ARGUMENT` for the value of an option that is neither left out nor a whole
 * number from `min` on.
 */
export function checkCount(
  value: unknown,
  name: string,
  { min, action }: { readonly min: number; readonly action: string },
): void {
  if (
    value === undefined || Number.isSafeInteger(value) && value as number >= min
  ) return;
  throw invalidArgument(
    `Cannot ${action}: ${name} is ${
      shown(value)
    }, it has to be a whole number from ${min} on`,
  );
}

/** Throws `KV_INVALID_ARGUMENT` for a `signal` that is neither left out nor one. */
export function checkSignal(signal: unknown, action: string): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw invalidArgument(
    `Cannot ${action}: signal is ${shown(signal)}, no AbortSignal`,
  );
}

/**
 * Throws `KV_INVALID_ARGUMENT` for the value of an option that is neither left out nor a function.
 */
function checkFunction(
  value: unknown,
  name: string,
  action: string,
): void {
  if (value === undefined || typeof value === "function") return;
  throw invalidArgument(
    `Cannot ${action}: ${name} is ${shown(value)}, no function`,
  );
}

/**
 * Throws `KV_INVALID_ARGUMENT` for operations that are handed to `batch`, as other stores take
 * them.
 */
export function refuseOperations(operations: readonly unknown[]): void {
  if (operations.length === 0) return;
  throw invalidArgument(
    "Cannot start a batch: batch() takes no operations; chain put and del on what it returns, then commit",
  );
}
