import type { Codec } from "../../codec/codec.ts";
import { KvError } from "../../errors.ts";
import type { Codecs } from "./codecs.ts";

/**
 * Names what a codec has refused with `error`, such as `key`. Errors that are none of purekv's stay
 * what they are.
 */
export function refusedPart(part: string, error: unknown): unknown {
  if (!isRefusal(error)) return error;
  const message = `Invalid ${part}: ${error.message}`;
  return new KvError("KV_INVALID_ARGUMENT", message, { cause: error });
}

/**
 * The same for an entry whose key or value a codec may have refused. Which of them is found by
 * encoding both once more, so that writes that succeed need not keep track of it.
 */
export function refusedEntry<K, V>(
  { keys, values }: Codecs<K, V>,
  [key, value]: readonly [K, V],
  error: unknown,
): unknown {
  if (!isRefusal(error)) return error;
  if (!canEncode(keys, key)) return refusedPart("key", error);
  if (!canEncode(values, value)) return refusedPart("value", error);
  return error;
}

function canEncode<T>(codec: Codec<T>, value: T): boolean {
  try {
    codec.encode(value);
    return true;
  } catch {
    return false;
  }
}

function isRefusal(error: unknown): error is KvError {
  return error instanceof KvError && error.code === "KV_INVALID_ARGUMENT";
}
