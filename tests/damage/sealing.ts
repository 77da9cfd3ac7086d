import { crc32 } from "../../src/bytes/crc32.ts";
import { readUint32, writeUint32 } from "../../src/bytes/fixed.ts";
import {
  FRAME_HEADER_BYTES,
  LOG_HEADER_BYTES,
  LOG_SALT_OFFSET,
} from "../../src/format/log_format.ts";
import { FOOTER_BYTES, FOOTER_SALT_OFFSET } from "../../src/segment/format.ts";
import { layout, reseal } from "../segment/support.ts";

const MANIFEST_HEADER_BYTES = 20;

/**
 * Lets all checksums of a damaged file be right again, as somebody would who wants to deceive.
 * Where its parts lie is told by the file as it was, unless it says so itself.
 */
export function seal(
  name: string,
  bytes: Uint8Array,
  original: Uint8Array,
): void {
  if (name.endsWith(".log")) sealLog(bytes);
  else if (name.endsWith(".seg")) sealSegment(bytes, original);
  else sealManifest(bytes);
}

function sealManifest(bytes: Uint8Array): void {
  if (bytes.length < MANIFEST_HEADER_BYTES) return;
  writeUint32(bytes, 12, bytes.length - MANIFEST_HEADER_BYTES);
  const head = crc32(bytes.subarray(0, 16));
  writeUint32(bytes, 16, crc32(bytes.subarray(MANIFEST_HEADER_BYTES), head));
}

/** The header, and frame after frame for as long as their lengths can be. */
function sealLog(bytes: Uint8Array): void {
  if (bytes.length < LOG_HEADER_BYTES) return;
  writeUint32(bytes, 36, crc32(bytes.subarray(0, 36)));
  const salt = readUint32(bytes, LOG_SALT_OFFSET);
  let start = LOG_HEADER_BYTES;
  while (start + FRAME_HEADER_BYTES <= bytes.length) {
    const end = start + FRAME_HEADER_BYTES + readUint32(bytes, start + 4);
    if (end > bytes.length) return;
    writeUint32(bytes, start, crc32(bytes.subarray(start + 4, end), salt));
    start = end;
  }
}

/** The footer, and the sections in the places where they were. */
function sealSegment(bytes: Uint8Array, original: Uint8Array): void {
  if (bytes.length < FOOTER_BYTES) return;
  const footer = bytes.subarray(bytes.length - FOOTER_BYTES);
  writeUint32(footer, 40, crc32(footer.subarray(0, 40)));
  const salt = readUint32(footer, FOOTER_SALT_OFFSET);
  for (const section of layout(original).sections) {
    if (section.end <= bytes.length) reseal(bytes, section, salt);
  }
}
