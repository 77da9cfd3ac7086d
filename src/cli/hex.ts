import { Buffer } from "node:buffer";
import { DataError } from "./failure.ts";

/** Bytes in hexadecimal. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString("hex");
}

/** The bytes that `text` stands for: two digits each, with or without `0x` before them. */
export function bytesOfHex(text: string, what: string): Uint8Array {
  const digits = text.startsWith("0x") ? text.slice(2) : text;
  if (digits.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(digits)) {
    return new Uint8Array(Buffer.from(digits, "hex"));
  }
  throw new DataError(
    `Cannot read the ${what}: bytes are written in hexadecimal, two digits each`,
  );
}
