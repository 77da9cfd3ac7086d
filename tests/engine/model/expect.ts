import { KvError } from "../../../src/errors.ts";

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

/** Fails unless both are the same; cheaper than an assertion, for what is called millions of times. */
export function expectSame<T>(actual: T, expected: T, what: string): void {
  if (actual === expected) return;
  throw new Error(`${what}: ${actual}, not ${expected}`);
}

/** A text as it is named in a message. */
export function shown(text: string | undefined): string {
  if (text === undefined) return "undefined";
  const start = JSON.stringify(text.slice(0, 60));
  return text.length <= 60 ? start : `${start}… (${text.length} bytes)`;
}
