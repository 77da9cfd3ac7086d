import { liveLogNumbers } from "../engine/state/recovery.ts";
import { KvCorruptionError } from "../errors.ts";
import {
  CHECKPOINT_NAME,
  MANIFEST_NAME,
  MANIFEST_TEMPORARY_NAME,
  REPAIR_NAME,
  segmentName,
} from "../format/file_names.ts";
import {
  decodeManifest,
  type ManifestState,
  MAX_MANIFEST_BYTES,
  salvageManifest,
} from "../manifest/manifest_codec.ts";
import { type SegmentInfo, tellsOf } from "../manifest/segment_info.ts";
import { readSegmentEnd } from "../segment/open_segment.ts";
import { RangeTombstones } from "../tombstones/range_tombstones.ts";
import type { Losses } from "./losses.ts";
import type { SourceSegment } from "./segment_source.ts";
import type { SourceFiles } from "./source_files.ts";
import { numbersOf } from "./verify.ts";

/** What is known of a damaged store before its segments and logs are read. */
export interface Survey {
  /**
   * The segments, from new to old: those of a group follow one another by key, a group has newer
   * entries than the one behind it, if {@linkcode Survey.isOrderKnown}.
   */
  readonly groups: readonly (readonly SourceSegment[])[];
  readonly isOrderKnown: boolean;
  /** Numbers of the logs, oldest first. */
  readonly logs: readonly number[];
  /** Every write up to this sequence number is in segments; `undefined` where that is not known. */
  readonly flushedSequence: number | undefined;
  /**
   * What is known of range deletes that are in segments; those of a damaged manifest are not
   * trusted, since they would take away what is there.
   */
  readonly rangeTombstones: RangeTombstones;
  /** What there is of the manifest. */
  readonly state: ManifestState | undefined;
  /** Whether that is whole, maybe under its temporary name. */
  readonly manifest: "whole" | "temporary" | "damaged";
}

/**
 * Finds out of which files a store consists, and in which order. It goes by what is left of the
 * manifest:
 *
 * 1. The manifest, if it is whole.
 * 2. One under the temporary name, if that is whole: all that it names was durable before it was
 *    written, and is removed only after it was renamed.
 * 3. One that is damaged but makes sense, if there are just the segments that it names. Its numbers
 *    are not trusted, and all logs are read.
 * 4. Otherwise the files alone: segments do not say which of them are live, nor which are newer
 *    than others. Those with higher numbers were written later and are taken to be newer, which is
 *    wrong where a compaction deeper down came after a flush.
 */
export async function surveyStore(
  files: SourceFiles,
  names: readonly string[],
  losses: Losses,
): Promise<Survey> {
  for (const name of [MANIFEST_NAME, MANIFEST_TEMPORARY_NAME]) {
    const state = decoded(await readBytes(files, name));
    if (state === undefined) continue;
    const isTemporary = name === MANIFEST_TEMPORARY_NAME;
    if (isTemporary) losses.warn(FROM_TEMPORARY);
    warnOfUnnamed(names, state, losses);
    return {
      ...groupsOf(state),
      logs: liveLogNumbers(state, names),
      flushedSequence: state.flushedSequence,
      rangeTombstones: state.rangeTombstones,
      state,
      manifest: isTemporary ? "temporary" : "whole",
    };
  }
  const bytes = await readBytes(files, MANIFEST_NAME);
  const state = bytes && salvageManifest(bytes);
  if (state !== undefined && await hasSegmentsOf(state, files)) {
    losses.warn(FROM_DAMAGED);
    warnOfUnnamed(names, state, losses);
    return {
      ...groupsOf(state),
      logs: numbersOf(names, "log"),
      flushedSequence: undefined,
      rangeTombstones: RangeTombstones.none,
      state,
      manifest: "damaged",
    };
  }
  if (names.includes(CHECKPOINT_NAME)) losses.warn(OF_CHECKPOINT);
  if (names.includes(REPAIR_NAME)) losses.warn(OF_REPAIR);
  losses.warn(
    files.hasRefused(MANIFEST_NAME)
      ? `${files.problemOf(MANIFEST_NAME)}. ${WITHOUT_MANIFEST}`
      : WITHOUT_MANIFEST,
  );
  const numbers = numbersOf(names, "segment").reverse();
  return {
    groups: numbers.map((number) => [{ number }]),
    isOrderKnown: false,
    logs: numbersOf(names, "log"),
    flushedSequence: undefined,
    rangeTombstones: RangeTombstones.none,
    state,
    manifest: "damaged",
  };
}

const FROM_TEMPORARY =
  `${MANIFEST_NAME} is missing or damaged; ${MANIFEST_TEMPORARY_NAME}, which was about to replace it, was used`;
const FROM_DAMAGED =
  `${MANIFEST_NAME} is damaged; the order of the segments and the names of the codecs were taken from what is left of it, which may be wrong; keys that range deletes had removed may have come back`;
const OF_CHECKPOINT =
  `${CHECKPOINT_NAME} says that these files are part of a checkpoint that was not finished: the store that it was made of has all of it`;
const OF_REPAIR =
  `${REPAIR_NAME} says that these files are part of a repair that was not finished: the damaged store has all of it`;
const WITHOUT_MANIFEST =
  `${MANIFEST_NAME} is missing or damaged, so it is not known which files are live and which are older: deleted keys, those too that range deletes had removed, and older values may have come back`;

function groupsOf(
  { levels: [newest = [], ...deeper] }: ManifestState,
): Pick<Survey, "groups" | "isOrderKnown"> {
  const groups = [...newest.map((segment) => [segment]), ...deeper]
    .filter((group) => group.length > 0)
    .map((group) => group.map((info) => ({ number: info.number, info })));
  return { groups, isOrderKnown: true };
}

/**
 * What a manifest does not name is what a crash left of work that was not finished, or what it made
 * superfluous.
 */
function warnOfUnnamed(
  names: readonly string[],
  state: ManifestState,
  losses: Losses,
): void {
  const live = new Set(state.levels.flat().map(({ number }) => number));
  for (const number of numbersOf(names, "segment")) {
    if (live.has(number)) continue;
    const name = segmentName(number);
    losses.warn(`${name} is not named by the manifest and was left out`);
  }
}

/**
 * The bytes of a manifest, or `undefined` if there is none that can be opened or it is too long for
 * one.
 */
async function readBytes(
  files: SourceFiles,
  name: string,
): Promise<Uint8Array | undefined> {
  const file = await files.open(name);
  try {
    if (file === undefined || file.size > MAX_MANIFEST_BYTES) return undefined;
    const bytes = new Uint8Array(file.size);
    if (file.size > 0) await file.readAt(bytes, 0);
    return bytes;
  } finally {
    await file?.close();
  }
}

function decoded(bytes: Uint8Array | undefined): ManifestState | undefined {
  try {
    return bytes && decodeManifest(bytes);
  } catch (error) {
    if (error instanceof KvCorruptionError) return undefined;
    throw error;
  }
}

/** Whether there are all the segments that a damaged manifest names, as far as that can be told. */
async function hasSegmentsOf(
  { levels }: ManifestState,
  files: SourceFiles,
): Promise<boolean> {
  for (const segment of levels.flat()) {
    if (!await isThere(files, segment)) return false;
  }
  return true;
}

async function isThere(
  files: SourceFiles,
  segment: SegmentInfo,
): Promise<boolean> {
  const name = segmentName(segment.number);
  const file = await files.open(name);
  if (file === undefined) return files.hasRefused(name);
  try {
    return tellsOf(segment, await readSegmentEnd(file, name));
  } catch (error) {
    // A damaged segment says neither yes nor no.
    if (error instanceof KvCorruptionError) return true;
    throw error;
  } finally {
    await file.close();
  }
}
