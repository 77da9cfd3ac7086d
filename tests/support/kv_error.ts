import { assert, assertEquals } from "@std/assert";
import { KvError, type KvErrorCode } from "../../src/errors.ts";

/**
 * Fails unless `call` throws or rejects with a {@linkcode KvError} of this code whose message has
 * all of `parts`.
 */
export async function assertKvError(
  call: () => unknown,
  code: KvErrorCode,
  ...parts: readonly string[]
): Promise<KvError> {
  let answer: unknown;
  try {
    answer = await call();
  } catch (error) {
    assert(error instanceof KvError, `threw ${error}`);
    assertEquals(error.code, code, error.message);
    for (const part of parts) {
      assert(error.message.includes(part), `"${part}" in "${error.message}"`);
    }
    return error;
  }
  throw new Error(`answered with ${answer}, not with ${code}`);
}
