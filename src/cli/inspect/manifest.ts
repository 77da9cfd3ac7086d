import { corruption } from "../../errors.ts";
import { logName, MANIFEST_NAME } from "../../format/file_names.ts";
import type { Findings } from "../../inspection/findings.ts";
import {
  decodeManifest,
  type ManifestState,
  manifestVersion,
  MAX_MANIFEST_BYTES,
  salvageManifest,
} from "../../manifest/manifest_codec.ts";
import type { ReadableFile } from "../../storage/storage.ts";
import { hexOf } from "../hex.ts";
import { type FileReport, KeySpan } from "./report.ts";

type Facts = FileReport["facts"];

const FINDING = {
  code: "manifest-damaged",
  consequence: "no engine opens the store; a repair goes by what is left",
} as const;

/** Looks at a manifest; at what is left of it, if it is damaged. */
export async function inspectManifest(
  file: ReadableFile,
  findings: Findings,
): Promise<Facts> {
  return await findings.attempt(MANIFEST_NAME, FINDING, async () => {
    const { size } = file;
    if (size > MAX_MANIFEST_BYTES) {
      const problem = `the file is ${size} bytes long`;
      throw corruption(MANIFEST_NAME, MAX_MANIFEST_BYTES, problem);
    }
    const bytes = new Uint8Array(size);
    if (size > 0) await file.readAt(bytes, 0);
    const state = await findings.attempt(
      MANIFEST_NAME,
      FINDING,
      () => decodeManifest(bytes),
    );
    const known = state ?? salvageManifest(bytes);
    return known === undefined
      ? {}
      : factsOf(known, state && manifestVersion(bytes));
  }) ?? {};
}

/** @param format Version of the format, for a manifest that is whole. */
function factsOf(state: ManifestState, format: number | undefined): Facts {
  const segments = state.levels.flat();
  const keys = new KeySpan();
  for (const { smallestKey, largestKey } of segments) {
    keys.add(smallestKey);
    keys.add(largestKey);
  }
  const levels = state.levels
    .map((level, number) => [`level ${number}`, level.length] as const)
    .filter(([, count]) => count > 0);
  return {
    ...format === undefined ? {} : { format },
    "store id": hexOf(state.storeId),
    "key codec": state.keyCodec,
    "value codec": state.valueCodec,
    "next file": state.nextFileNumber,
    "flushed up to": state.flushedSequence,
    "oldest log": state.oldestLog,
    logs: state.logs.map(logName).join(" ") || "none",
    segments: segments.length,
    ...Object.fromEntries(levels),
    entries: segments.reduce((sum, { entries }) => sum + entries, 0),
    tombstones: segments.reduce((sum, { tombstones }) => sum + tombstones, 0),
    "segment bytes": segments.reduce(
      (sum, { sizeBytes }) => sum + sizeBytes,
      0,
    ),
    "range tombstones": state.rangeTombstones.size,
    ...keys.facts(),
  };
}
