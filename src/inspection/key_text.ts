/** How many bytes of a key are shown. */
const MOST_SHOWN_BYTES = 64;

/** Text without control characters, line ends and surrogates: what can be read as it stands. */
const READABLE = /^[^\p{C}\p{Zl}\p{Zp}]*$/u;

/**
 * A key as it is shown in reports: text in quotes if its bytes are readable UTF-8, otherwise its
 * bytes in hexadecimal behind `0x`. Long ones are cut, with their length behind.
 */
export function keyText(key: Uint8Array): string {
  if (key.length <= MOST_SHOWN_BYTES) return shown(key);
  return `${shown(beginning(key))}... (${key.length} bytes)`;
}

function shown(bytes: Uint8Array): string {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const text = decoder.decode(bytes);
    if (READABLE.test(text)) return JSON.stringify(text);
  } catch {
    // Not UTF-8.
  }
  return `0x${[...bytes].map(hexByte).join("")}`;
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/** The first bytes of a key, cut before a character of UTF-8 that would not be whole. */
function beginning(key: Uint8Array): Uint8Array {
  let end = MOST_SHOWN_BYTES;
  while (end > MOST_SHOWN_BYTES - 3 && (key[end]! & 0xc0) === 0x80) end--;
  return key.subarray(0, end);
}
