import { basename, dirname } from "node:path";
import { giveWay } from "../../engine/runtime/event_loop.ts";
import { KvIoError } from "../../errors.ts";
import { type FileName, parseFileName } from "../../format/file_names.ts";
import { Findings } from "../../inspection/findings.ts";
import { Progress } from "../../inspection/progress.ts";
import type { InspectionOptions } from "../../inspection/report.ts";
import { openLocalStorage } from "../../storage/local_storage.ts";
import type { ReadableFile } from "../../storage/storage.ts";
import { DataError } from "../failure.ts";
import { FileError, problemOf } from "../system_error.ts";
import { inspectLog } from "./log.ts";
import { inspectManifest } from "./manifest.ts";
import type { FileReport } from "./report.ts";
import { inspectSegment } from "./segment.ts";

const MAGIC_BYTES = 8;
const MAGICS: Readonly<Record<string, FileReport["type"]>> = {
  "PUREKVL\n": "log",
  "PUREKVM\n": "manifest",
  "PUREKVS\n": "segment",
};

/** Looks at one file of a store, whatever its name, open elsewhere or damaged. Writes nothing. */
export async function inspectFile(
  path: string,
  options: InspectionOptions,
): Promise<FileReport> {
  const storage = await openLocalStorage(dirname(path));
  const name = basename(path);
  let file: ReadableFile;
  try {
    file = await storage.open(name);
  } catch (error) {
    if (!(error instanceof KvIoError)) throw error;
    throw problemOf(error.cause) === undefined
      ? new DataError(error.message, { cause: error })
      : new FileError("inspect", path, error.cause);
  }
  try {
    const named = parseFileName(name);
    const type = await typeOf(file, named);
    if (type === undefined) {
      throw new DataError(
        `Cannot inspect ${path}: it is no log, segment or manifest`,
      );
    }
    const findings = new Findings();
    const progress = new Progress(options, { giveWay });
    const number = named?.number || undefined;
    const context = { findings, progress };
    const facts = type === "manifest"
      ? await inspectManifest(file, findings)
      : type === "log"
      ? await inspectLog(file, number, context)
      : await inspectSegment(file, number, context);
    // Checks go by numbers; the file may have any name.
    const problems = findings.report(0).problems
      .map((problem) => ({ ...problem, file: name }));
    return { type, file: name, bytes: file.size, facts, problems };
  } finally {
    await file.close();
  }
}

/** What a file is, by its bytes, or, where they are damaged, by its name. */
async function typeOf(
  file: ReadableFile,
  named: FileName | undefined,
): Promise<FileReport["type"] | undefined> {
  for (const at of [0, file.size - MAGIC_BYTES]) {
    if (at < 0 || at + MAGIC_BYTES > file.size) continue;
    const bytes = new Uint8Array(MAGIC_BYTES);
    await file.readAt(bytes, at);
    const type = MAGICS[String.fromCharCode(...bytes)];
    // A segment is known by its end; the others by their beginning.
    if (type !== undefined && (type === "segment") === (at !== 0)) return type;
  }
  switch (named?.type) {
    case "log":
    case "segment":
    case "manifest":
      return named.type;
    case "temporary":
      return "manifest";
  }
  return undefined;
}
