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
