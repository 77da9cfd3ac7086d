import { parseHex } from "../bytes/hex.ts";
import { DataError } from "./failure.ts";

export { hexOf } from "../bytes/hex.ts";

/** The bytes that `text` stands for: two digits each, with or without `0x` before them. */
export function bytesOfHex(text: string, what: string): Uint8Array {
  const bytes = parseHex(text);
  if (bytes !== undefined) return bytes;
  throw new DataError(
    `Cannot read the ${what}: bytes are written in hexadecimal, two digits each`,
  );
}
