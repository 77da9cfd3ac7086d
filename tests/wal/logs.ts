import {
  FRAME_HEADER_BYTES,
  LOG_HEADER_BYTES,
  sealFrame,
  writeLogHeader,
} from "../../src/format/log_format.ts";

export const header = { salt: 0x1234_5678, number: 7, firstSequence: 100 };

/** One frame of a crafted log; its records are opaque to a log. */
export interface CraftedFrame {
  readonly count: number;
  readonly durableSequence: number;
  readonly records: Uint8Array;
}

/** A frame and where it lies. */
export interface PlacedFrame extends CraftedFrame {
  readonly firstSequence: number;
  readonly start: number;
  readonly end: number;
}

/** A log image of frames that follow one another. */
export function craftLog(
  frames: readonly CraftedFrame[],
  logHeader = header,
): { image: Uint8Array; frames: PlacedFrame[] } {
  const size = frames.reduce(
    (sum, { records }) => sum + FRAME_HEADER_BYTES + records.length,
    LOG_HEADER_BYTES,
  );
  const image = new Uint8Array(size);
  writeLogHeader(image, logHeader);
  let start = LOG_HEADER_BYTES;
  let firstSequence = logHeader.firstSequence;
  const placed: PlacedFrame[] = [];
  for (const frame of frames) {
    const { records, count, durableSequence } = frame;
    const end = start + FRAME_HEADER_BYTES + records.length;
    image.set(records, start + FRAME_HEADER_BYTES);
    const { length } = records;
    const fields = { length, count, firstSequence, durableSequence };
    sealFrame(image, start, logHeader.salt, fields);
    placed.push({ ...frame, firstSequence, start, end });
    start = end;
    firstSequence += count;
  }
  return { image, frames: placed };
}
