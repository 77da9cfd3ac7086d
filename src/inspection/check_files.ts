import { corruption, isMissing } from "../errors.ts";
import { logName, MANIFEST_NAME, segmentName } from "../format/file_names.ts";
import type { ManifestState } from "../manifest/manifest_codec.ts";
import { readManifest } from "../manifest/manifest_store.ts";
import type { SegmentInfo } from "../manifest/segment_info.ts";
import type { ReadableFile, Storage } from "../storage/storage.ts";
import type { Finding, Findings } from "./findings.ts";
import { LogChainCheck } from "./log_check.ts";
import type { Progress } from "./progress.ts";
import { checkSegment, rangeOf } from "./segment_check.ts";

/** What a store consists of. */
export interface FilesToCheck {
  /**
   * What the manifest says of the segments, or as much as their numbers where that is not known.
   */
  readonly segments: readonly (SegmentInfo | { readonly number: number })[];
  /** The live logs, oldest first. */
  readonly logs: readonly LiveLog[];
  /** Sequence number of the last write that is in segments; `undefined` where that is not known. */
  readonly flushedSequence: number | undefined;
}

/** A log that may have to be replayed. */
export interface LiveLog {
  readonly number: number;
  /** Whether the manifest names it. */
  readonly isNamed: boolean;
  /**
   * For a log that is being written: its bytes so far, and its last write. It may be gone once that
   * is in a segment.
   */
  readonly written?: { readonly bytes: number; readonly lastSequence: number };
}

/** Where files lie, and who is told of them. */
export interface CheckContext {
  readonly storage: Storage;
  readonly findings: Findings;
  readonly progress: Progress;
}

/**
 * Checks the manifest by itself and answers with what it says; `undefined` if it is damaged or not
 * there.
 */
export async function checkManifest(
  context: CheckContext,
): Promise<ManifestState | undefined> {
  const { findings, progress } = context;
  const finding = {
    code: "manifest-damaged",
    consequence:
      "no engine opens the store; which segments are live is not known, so each is checked on its own; a repair uses what is left of the manifest and the files",
  } as const;
  return await withFile(context, MANIFEST_NAME, finding, async (file) => {
    if (file === undefined) {
      findings.damage(MANIFEST_NAME, {
        ...finding,
        code: "manifest-missing",
        message: "There are files of a store, but no manifest",
      });
      return undefined;
    }
    progress.expect(file.size);
    await progress.advance(MANIFEST_NAME, file.size);
    return await readManifest(context.storage);
  });
}

/** Checks segments and logs. */
export async function checkFiles(
  files: FilesToCheck,
  context: CheckContext,
): Promise<void> {
  await checkLogs(files, context);
  for (const segment of files.segments) {
    await checkLiveSegment(segment, context);
  }
}

async function checkLogs(
  { logs, flushedSequence }: FilesToCheck,
  context: CheckContext,
): Promise<void> {
  const { findings, progress } = context;
  const check = new LogChainCheck(flushedSequence, findings, progress);
  const finding = {
    code: "log-damaged",
    consequence:
      "no engine opens the store; a repair saves all writes whose frames are whole",
  } as const;
  for (const { number, isNamed, written } of logs) {
    await withFile(context, logName(number), finding, async (file) => {
      if (file !== undefined) {
        const size = written?.bytes ?? file.size;
        await check.add({ file, number, isNamed, size });
      } else if (written !== undefined) {
        check.pass(written.lastSequence);
      } else {
        reportMissing(context, logName(number), {
          code: "file-missing",
          consequence: "the writes that only this log had are lost",
        });
      }
    });
  }
}

async function checkLiveSegment(
  segment: SegmentInfo | { readonly number: number },
  context: CheckContext,
): Promise<void> {
  const { findings, progress } = context;
  const { number } = segment;
  const info = "sizeBytes" in segment ? segment : undefined;
  const keys = rangeOf(info?.smallestKey, info?.largestKey);
  const finding = {
    code: "segment-block",
    consequence: "the rest of the file could not be checked",
    keys,
  } as const;
  await withFile(context, segmentName(number), finding, async (file) => {
    if (file === undefined) {
      reportMissing(context, segmentName(number), {
        code: "file-missing",
        consequence: info === undefined
          ? "its entries are lost, or older values and deleted keys come back"
          : `${info.entries} entries are lost, or older values and deleted keys come back`,
        keys,
      });
      return;
    }
    await checkSegment(file, number, { findings, progress, info });
  });
}

function reportMissing(
  { findings }: CheckContext,
  name: string,
  finding: Finding,
): void {
  const problem = "the manifest names the file, but it is gone";
  findings.corruption(corruption(name, 0, problem), finding);
}

/**
 * Opens a file for `work`, which gets `undefined` if it is missing. What goes wrong with the file
 * is noted as `finding`.
 */
async function withFile<T>(
  { storage, findings }: CheckContext,
  name: string,
  finding: Finding,
  work: (file: ReadableFile | undefined) => Promise<T>,
): Promise<T | undefined> {
  return await findings.attempt(name, finding, async () => {
    const file = await openIfThere(storage, name);
    if (file === undefined) return await work(undefined);
    findings.files++;
    try {
      return await work(file);
    } finally {
      await file.close();
    }
  });
}

/** Opens a file, or answers `undefined` if it is missing. */
export async function openIfThere(
  storage: Storage,
  name: string,
): Promise<ReadableFile | undefined> {
  try {
    return await storage.open(name);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
