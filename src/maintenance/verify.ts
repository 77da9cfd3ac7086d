import { giveWay } from "../engine/runtime/event_loop.ts";
import { liveLogNumbers } from "../engine/state/recovery.ts";
import { refuseNoStorage } from "../engine/files/storage_check.ts";
import { KvError } from "../errors.ts";
import {
  type FileName,
  logName,
  parseFileName,
  segmentName,
} from "../format/file_names.ts";
import {
  checkFiles,
  checkManifest,
  type FilesToCheck,
  openIfThere,
} from "../inspection/check_files.ts";
import { Findings } from "../inspection/findings.ts";
import { Progress } from "../inspection/progress.ts";
import type { InspectionOptions, VerifyReport } from "../inspection/report.ts";
import type { ManifestState } from "../manifest/manifest_codec.ts";
import { checkProgressOptions, PROGRESS_NAMES } from "../option_values.ts";
import type { Storage } from "../storage/storage.ts";

/** Reads every file of a closed store and reports all that is wrong with it. Writes nothing. */
export async function verifyStore(
  storage: Storage,
  options: InspectionOptions,
): Promise<VerifyReport> {
  refuseNoStorage(storage, "verify");
  checkProgressOptions(options, PROGRESS_NAMES, "verify");
  options.signal?.throwIfAborted();
  const lock = await storage.lock({ shared: true });
  try {
    return await verifyLocked(storage, options);
  } finally {
    await lock.release();
  }
}

async function verifyLocked(
  storage: Storage,
  options: InspectionOptions,
): Promise<VerifyReport> {
  const names = (await storage.list()).sort();
  refuseNoStore(storage, names, "verify");
  const progress = new Progress(options, { giveWay });
  const findings = new Findings();
  const context = { storage, findings, progress };
  const state = await checkManifest(context);
  const files = filesOf(state, names);
  progress.expect(await totalBytes(storage, files));
  await checkFiles(files, context);
  remarkOthers(findings, names, state);
  return findings.report(progress.bytesRead);
}

/** Throws `KV_NOT_FOUND` where there is no file of a store. */
export function refuseNoStore(
  storage: Storage,
  names: readonly string[],
  action: string,
): void {
  if (names.some((name) => parseFileName(name) !== undefined)) return;
  throw new KvError(
    "KV_NOT_FOUND",
    `Cannot ${action} ${storage.location}: there is no store; check the path`,
  );
}

/** Bytes of all these files. */
export async function totalBytes(
  storage: Storage,
  { segments, logs }: {
    readonly segments: readonly { readonly number: number }[];
    readonly logs: readonly { readonly number: number }[];
  },
): Promise<number> {
  let total = 0;
  for (const { number } of segments) {
    total += await sizeOf(storage, segmentName(number));
  }
  for (const { number } of logs) {
    total += await sizeOf(storage, logName(number));
  }
  return total;
}

/** Size of a file, or 0 for one that cannot be opened: whoever reads it will say so. */
async function sizeOf(storage: Storage, name: string): Promise<number> {
  try {
    const file = await openIfThere(storage, name);
    await file?.close();
    return file?.size ?? 0;
  } catch {
    return 0;
  }
}

/** What there is to check: what the manifest names, or, without one, all that is there. */
function filesOf(
  state: ManifestState | undefined,
  names: readonly string[],
): FilesToCheck {
  if (state === undefined) {
    const segments = numbersOf(names, "segment");
    const logs = numbersOf(names, "log");
    return {
      segments: segments.map((number) => ({ number })),
      logs: logs.map((number) => ({ number, isNamed: false })),
      flushedSequence: undefined,
    };
  }
  const logs = liveLogNumbers(state, names);
  return {
    segments: state.levels.flat(),
    logs: logs.map((number) => ({
      number,
      isNamed: state.logs.includes(number),
    })),
    flushedSequence: state.flushedSequence,
  };
}

/** Numbers of the files of one type, ascending. */
export function numbersOf(
  names: readonly string[],
  type: FileName["type"],
): number[] {
  return names.map(parseFileName)
    .flatMap((file) => file?.type === type ? file.number : [])
    .sort((a, b) => a - b);
}

/** Remarks on files that are no part of the store. */
function remarkOthers(
  findings: Findings,
  names: readonly string[],
  state: ManifestState | undefined,
): void {
  const segments = new Set(state?.levels.flat().map(({ number }) => number));
  const logs = new Set(state && liveLogNumbers(state, names));
  for (const name of names) {
    const file = parseFileName(name);
    if (file === undefined) {
      findings.remark(name, {
        code: "foreign-file",
        message: "The file does not belong to the store",
        consequence: "nothing is lost; it is left alone",
      });
    } else if (isLeftover(file)) {
      findings.remark(name, {
        code: "leftover",
        message: "The file is no longer part of the store, or not yet",
        consequence: "nothing is lost; the next open removes it",
      });
    }
  }

  function isLeftover({ type, number }: FileName): boolean {
    if (type === "manifest" || state === undefined) return false;
    if (type === "segment") return !segments.has(number);
    return type !== "log" || !logs.has(number);
  }
}
