import { corruption } from "../errors.ts";
import { type Awaitable, chain } from "../storage/awaitable.ts";
import type { ReadableFile } from "../storage/storage.ts";
import {
  decodeFooter,
  type Footer,
  FOOTER_BYTES,
  MAX_SEGMENT_BYTES,
  MAX_SEGMENT_KEY_BYTES,
} from "./format.ts";
import { MAX_HASH_PAGES, MAX_PAGE_SLOTS, pageBytes } from "./hash_index.ts";
import { decodeProperties, type SegmentProperties } from "./properties.ts";
import { openSection, SECTION_TRAILER_BYTES } from "./section.ts";

/** How much of the end of a file is read at once: footer and properties, unless keys are long. */
const TAIL_BYTES = 4096;

/** The longest properties: two keys and a few numbers. */
const MAX_PROPERTIES_BYTES = 2 * MAX_SEGMENT_KEY_BYTES + 1024;

/** What the end of a segment says. */
export interface SegmentEnd {
  readonly footer: Footer;
  readonly properties: SegmentProperties;
}

/** Reads and checks the end of a segment; with short keys that is one read. */
export function readSegmentEnd(
  file: ReadableFile,
  name: string,
): Awaitable<SegmentEnd> {
  const { size } = file;
  if (size < FOOTER_BYTES) {
    throw corruption(name, size, "it is too short for a segment");
  }
  const tail = new Uint8Array(Math.min(size, TAIL_BYTES));
  const tailStart = size - tail.length;
  return chain(file.readAt(tail, tailStart), () => {
    const footerStart = size - FOOTER_BYTES;
    const footer = decodeFooter(
      tail.subarray(tail.length - FOOTER_BYTES),
      name,
      footerStart,
    );
    if (!isPossible(footer, footerStart)) {
      throw corruption(name, footerStart, "the footer has impossible offsets");
    }
    const start = footer.propertiesOffset;
    const open = (section: Uint8Array): SegmentEnd => ({
      footer,
      properties: openProperties(section, footer, name),
    });
    if (start >= tailStart) {
      return open(tail.subarray(start - tailStart, footerStart - tailStart));
    }
    const section = new Uint8Array(footerStart - start);
    return chain(file.readAt(section, start), () => open(section));
  });
}

/**
 * Whether the parts follow one another without a gap. Comparisons are false for `NaN`, an offset
 * past 2^53.
 */
function isPossible(footer: Footer, footerStart: number): boolean {
  const { hashOffset, indexOffset, propertiesOffset, hashPages, hashSlots } =
    footer;
  const bytesPerPage = pageBytes(hashSlots) + SECTION_TRAILER_BYTES;
  return hashOffset <= MAX_SEGMENT_BYTES &&
    hashPages <= MAX_HASH_PAGES && hashSlots <= MAX_PAGE_SLOTS &&
    (hashPages === 0) === (hashSlots === 0) &&
    indexOffset === hashOffset + hashPages * bytesPerPage &&
    propertiesOffset >= indexOffset + SECTION_TRAILER_BYTES &&
    footerStart >= propertiesOffset + SECTION_TRAILER_BYTES &&
    footerStart - propertiesOffset <= MAX_PROPERTIES_BYTES;
}

function openProperties(
  section: Uint8Array,
  { salt, propertiesOffset, hashOffset }: Footer,
  name: string,
): SegmentProperties {
  const offset = propertiesOffset;
  const payload = openSection(section, { name, salt, offset });
  return decodeProperties(payload, { name, offset, dataBytes: hashOffset });
}
