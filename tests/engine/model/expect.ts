import { KvError } from "../../../src/errors.ts";
import type { Face } from "./face.ts";

/** Fails unless `call` is refused with `KV_CLOSED`. */
export async function expectClosed(call: () => unknown): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (error instanceof KvError && error.code === "KV_CLOSED") return;
    throw error;
  }
  throw new Error("a closed engine, snapshot or scan has answered");
}

/**
 * Fails unless both are the same; cheaper than an assertion, for what is called millions of times.
 */
export function expectSame<T>(actual: T, expected: T, what: string): void {
  if (actual === expected) return;
  throw new Error(`${what}: ${actual}, not ${expected}`);
}

/** Fails unless the entries that the engine has answered with are those of the model. */
export function expectEntries(
  face: Face,
  entries: readonly unknown[],
  expected: readonly (readonly [string, string])[],
): void {
  expectSame(entries.length, expected.length, "number of entries");
  entries.forEach((entry, i) => {
    const [key, value] = entry as [unknown, unknown];
    expectSame(face.textOfKey(key), expected[i]![0], `key of entry ${i}`);
    expectSame(face.textOfValue(value), expected[i]![1], `value of entry ${i}`);
  });
}

/** A text as it is named in a message. */
export function shown(text: string | undefined): string {
  if (text === undefined) return "undefined";
  const start = JSON.stringify(text.slice(0, 60));
  return text.length <= 60 ? start : `${start}… (${text.length} bytes)`;
}
