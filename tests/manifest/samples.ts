import { key, ranges } from "../tombstones/samples.ts";
import type { ManifestState } from "../../src/manifest/manifest_codec.ts";
import type { SegmentInfo } from "../../src/manifest/segment_info.ts";

/** A segment that holds the keys from `smallest` to `largest`. */
export function segment(
  number: number,
  smallest: string,
  largest: string,
  rest: Partial<SegmentInfo> = {},
): SegmentInfo {
  return {
    number,
    sizeBytes: 1000,
    entries: 10,
    tombstones: 0,
    olderVersions: 0,
    maxSequence: 0,
    ceiling: rest.maxSequence ?? 0,
    salt: undefined,
    smallestKey: key(smallest),
    largestKey: key(largest),
    ...rest,
  };
}

/** A manifest with a few of everything. */
export function sampleState(rest: Partial<ManifestState> = {}): ManifestState {
  return {
    storeId: Uint8Array.from({ length: 16 }, (_, i) => i * 16),
    keyCodec: "utf8",
    valueCodec: "jsön",
    nextFileNumber: 300,
    flushedSequence: 123_456_789_012,
    oldestLog: 9,
    logs: [9, 12],
    levels: [
      [
        segment(11, "a", "z", { maxSequence: 77, salt: 0xffff_ffff }),
        segment(8, "", "q", { salt: 0 }),
      ],
      [
        segment(5, "a", "c", { tombstones: 4 }),
        segment(7, "d", "d", { ceiling: 99 }),
      ],
      [],
      [segment(200, "b", "k", { olderVersions: 3, maxSequence: 9 })],
      [],
      [],
      [],
    ],
    rangeTombstones: ranges(["", "b", 9, 7], ["b", "c", 3], ["x", null, 500]),
    ...rest,
  };
}
