import { DELETE } from "../../format/kind.ts";
import { logName } from "../../format/file_names.ts";
import {
  LOG_HEADER_BYTES,
  type LogHeader,
  logVersion,
  readLogHeader,
} from "../../format/log_format.ts";
import {
  isRangeDelete,
  RECORD_HEADER_BYTES,
  recordKeyLength,
  recordKind,
} from "../../format/record.ts";
import { FileWindow } from "../../inspection/file_window.ts";
import type { Findings } from "../../inspection/findings.ts";
import { LogChainCheck } from "../../inspection/log_check.ts";
import { isBlank, LogWalk } from "../../inspection/log_walk.ts";
import type { Progress } from "../../inspection/progress.ts";
import { RecordWalk } from "../../inspection/record_walk.ts";
import type { ReadableFile } from "../../storage/storage.ts";
import { type FileReport, KeySpan } from "./report.ts";

type Facts = FileReport["facts"];

/** Looks at a log: its header, and all frames that are valid. */
export async function inspectLog(
  file: ReadableFile,
  named: number | undefined,
  { findings, progress }: {
    readonly findings: Findings;
    readonly progress: Progress;
  },
): Promise<Facts> {
  const bytes = new Uint8Array(Math.min(file.size, LOG_HEADER_BYTES));
  await file.readAt(bytes, 0);
  const header = readLogHeader(bytes);
  const isKnown = header !== undefined && !("unknownVersion" in header);
  const number = named ?? (isKnown ? header.number : 1);
  const name = logName(number);
  const finding = { code: "log-damaged", consequence: "no engine reads it" };
  progress.expect(2 * file.size);
  await findings.attempt(
    name,
    { ...finding, code: "log-damaged" },
    async () => {
      const chain = new LogChainCheck(undefined, findings, progress);
      await chain.add({ file, number, isNamed: true, size: file.size });
    },
  );
  if (!isKnown) return {};
  return {
    "format": logVersion(bytes),
    "number": header.number,
    ...await contents(new FileWindow(file, { name, progress }), header),
  };
}

async function contents(window: FileWindow, header: LogHeader): Promise<Facts> {
  const walk = new LogWalk(window, header);
  const keys = new KeySpan();
  let frames = 0;
  let stray = 0;
  let records = 0;
  let deletes = 0;
  let rangeDeletes = 0;
  let durable = 0;
  let last = header.firstSequence - 1;
  for (let frame = await walk.next(); frame; frame = await walk.next()) {
    frames++;
    if (frame.start >= walk.intactEnd) stray++;
    const { firstSequence, count, durableSequence } = frame.header;
    last = Math.max(last, firstSequence + count - 1);
    durable = Math.max(durable, durableSequence);
    const walked = new RecordWalk(window, frame);
    while (await walked.next()) {
      const record = await window.span(walked.start, RECORD_HEADER_BYTES);
      const keyLength = recordKeyLength(record, 0);
      records++;
      if (isRangeDelete(record, 0)) rangeDeletes++;
      else if (recordKind(record, 0) === DELETE) deletes++;
      const keyStart = walked.start + RECORD_HEADER_BYTES;
      keys.add(await window.span(keyStart, keyLength));
    }
  }
  const isRoom = walk.intactEnd < window.size &&
    await isBlank(window, walk.intactEnd);
  return {
    frames,
    ...stray > 0 ? { "frames behind damage": stray } : {},
    "whole bytes": walk.intactEnd,
    ...isRoom ? { "room for more": window.size - walk.intactEnd } : {},
    records,
    deletes,
    "range deletes": rangeDeletes,
    "first write": header.firstSequence,
    "last write": last,
    "synced up to": durable,
    ...keys.facts(),
  };
}
