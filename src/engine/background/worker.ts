/**
 * The worker that an engine on a local folder gives its flushes and compactions to. It reads logs
 * and segments by itself, so nothing large is copied between threads, and writes segments; which of
 * them are live is the engine's business alone.
 *
 * Not for use by applications.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { compactSegments } from "../../compaction/compactor.ts";
import { writeRecords } from "../../compaction/flush.ts";
import { buildSegment } from "../../compaction/build.ts";
import type {
  BuildJob,
  CompactionJob,
  FlushJob,
  JobContext,
} from "../../compaction/job.ts";
import { logName } from "../../format/file_names.ts";
import type { SegmentInfo } from "../../manifest/segment_info.ts";
import { RecordList } from "../../memtable/record_list.ts";
import { BlockPieces } from "../../segment/block_pieces.ts";
import { MemoryStorage } from "../../storage/memory.ts";
import { LocalFiles } from "../../storage/local_files.ts";
import { openLogImage } from "../../wal/log_reader.ts";
import { GuardedStorage } from "../files/guarded_storage.ts";
import { paceUntil } from "./job_runner.ts";
import { LogMemory } from "./log_memory.ts";
import { TimeShare } from "./time_share.ts";
import { warmUp } from "./warm_up.ts";
import { readLogImage, recordsOfLog } from "../state/log_table.ts";
import { randomUint32 } from "../runtime/random.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./worker_messages.ts";

interface RunningJob {
  readonly cancel: AbortController;
  giveNumber: ((number: number) => void) | undefined;
}

const { folder } = workerData as WorkerSetup;
// The lock is the engine's.
const storage = new GuardedStorage(new LocalFiles(folder, () => {}), {
  release: () => {},
});
const jobs = new Map<number, RunningJob>();
const share = new TimeShare();
const logMemory = new LogMemory();
let isCold = true;

parentPort!.on("message", (message: ToWorker) => {
  switch (message.type) {
    case "flush":
      return run(message, (context) => flush(message.job, context));
    case "compact":
      return run(message, (context) => compact(message, context));
    case "build":
      return run(message, (context) => build(message.job, context));
    case "number":
      return jobs.get(message.id)?.giveNumber?.(message.number);
    case "cancel":
      return jobs.get(message.id)?.cancel.abort();
    case "close":
      return end();
  }
});

void warmUp(new MemoryStorage(), () => !isCold);

async function run(
  { id, number }: { readonly id: number; readonly number: number },
  work: (context: JobContext) => Promise<readonly SegmentInfo[]>,
): Promise<void> {
  const job: RunningJob = {
    cancel: new AbortController(),
    giveNumber: undefined,
  };
  jobs.set(id, job);
  isCold = false;
  const numbers = [number];
  try {
    const segments = await work({
      storage,
      pace: paceUntil(job.cancel.signal),
      randomUint32,
      takeFileNumber: () =>
        numbers.pop() ?? new Promise((resolve) => {
          job.giveNumber = resolve;
          post({ type: "takeNumber", id });
        }),
    });
    post({ type: "done", id, segments });
  } catch {
    // The engine runs the job again by itself, and so comes to the error if there is one to report.
    // But for one, which the system reports only once.
    const { directoryFailure } = storage;
    post({
      type: "failed",
      id,
      directoryFailure: directoryFailure === undefined
        ? undefined
        : String(directoryFailure),
    });
  } finally {
    jobs.delete(id);
  }
}

async function compact(
  { id, job }: { readonly id: number; readonly job: CompactionJob },
  context: JobContext,
): Promise<SegmentInfo[]> {
  const pieces = new BlockPieces(job.mostKeptBytes, (piece) => {
    post({ type: "blocks", id, piece }, [piece.buffer]);
  });
  const onBlock = (segment: number, payload: Uint8Array) =>
    pieces.add(segment, payload);
  const segments = await share.behindFlushes(
    context.pace,
    (pace) => compactSegments(job, { ...context, pace, onBlock }),
  );
  pieces.end();
  return segments;
}

async function build(
  job: BuildJob,
  context: JobContext,
): Promise<SegmentInfo[]> {
  return await share.behindFlushes(
    context.pace,
    async (pace) => [await buildSegment(job, { ...context, pace })],
  );
}

function flush(job: FlushJob, context: JobContext): Promise<SegmentInfo[]> {
  return share.flush(
    context.pace,
    job.compactionShare,
    (pace, onWritten) =>
      logMemory.duringFlush(() =>
        writeLog(job, { ...context, pace, onWritten })
      ),
  );
}

async function writeLog(
  job: FlushJob,
  context: JobContext,
): Promise<SegmentInfo[]> {
  const name = logName(job.logNumber);
  const image = await readLogImage(
    await storage.open(name),
    name,
    (bytes) => logMemory.take(bytes),
  );
  const header = openLogImage(image, name, job.logNumber);
  if (header === undefined) throw new Error(`${name} has no valid header`);
  const records = recordsOfLog(name, image, {
    header,
    count: job.records,
    hasRanges: job.rangeTombstones.length > 0,
  });
  // What the flush before still has to do behind its sync takes no time.
  await context.pace.pause();
  const segment = await writeRecords(new RecordList(records), job, context);
  return segment ? [segment] : [];
}

/** Deno's port has no `close`, but its workers have one. */
function end(): void {
  if (typeof parentPort!.close === "function") parentPort!.close();
  else (globalThis as unknown as { close(): void }).close();
}

function post(message: FromWorker, moved: ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, moved);
}
