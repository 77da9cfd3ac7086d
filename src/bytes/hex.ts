import { Buffer } from "node:buffer";

/** Bytes in hexadecimal. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString("hex");
}

/**
 * The bytes that `text` stands for: two digits each, with or without `0x` before them; `undefined`
 * if it stands for none.
 */
export function parseHex(text: string): Uint8Array | undefined {
  const digits = text.startsWith("0x") ? text.slice(2) : text;
  return digits.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(digits)
    ? new Uint8Array(Buffer.from(digits, "hex"))
    : undefined;
}
