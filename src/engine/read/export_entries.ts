import { invalidArgument } from "../../errors.ts";
import { refused } from "../../option_values.ts";
import { isPending } from "../../storage/awaitable.ts";
import type { ExportOptions, TransferProgress } from "../api/transfer.ts";
import { Interruptible } from "../runtime/interruptible.ts";
import type { ScanIterator } from "./scan.ts";

/** Entries between two reports of progress. */
const STEP_ENTRIES = 1000;

/**
 * Writes what a scan yields to a stream, no faster than it takes it, and closes the stream; after a
 * failure it is aborted.
 */
export async function exportEntries<K, V>(
  scan: ScanIterator<[K, V]>,
  target: WritableStream<[K, V]>,
  { signal, onProgress }: Pick<ExportOptions<K>, "signal" | "onProgress">,
): Promise<TransferProgress> {
  const writer = target.getWriter();
  const interruptible = new Interruptible(signal);
  // Whoever waits for the writer below is told.
  writer.closed.catch(() => {});
  try {
    const done = await writeAll(scan, writer, { interruptible, onProgress });
    await interruptible.wait(writer.close());
    return done;
  } catch (error) {
    await scan.end();
    writer.abort(error).catch(() => {});
    throw error;
  } finally {
    interruptible.end();
    writer.releaseLock();
  }
}

async function writeAll<K, V>(
  scan: ScanIterator<[K, V]>,
  writer: WritableStreamDefaultWriter<[K, V]>,
  { interruptible, onProgress }: {
    readonly interruptible: Interruptible;
    readonly onProgress: ExportOptions<K>["onProgress"];
  },
): Promise<TransferProgress> {
  let entries = 0;
  let bytes = 0;
  for (;;) {
    if (writer.desiredSize === null || writer.desiredSize <= 0) {
      await interruptible.wait(writer.ready);
    }
    interruptible.throwIfAborted();
    const step = scan.step();
    const { done, value } = isPending(step) ? await step : step;
    if (done) break;
    entries++;
    bytes += scan.entryBytes;
    // A write that fails also makes `ready` or `close` fail.
    writer.write(value).catch(() => {});
    if (entries % STEP_ENTRIES === 0) onProgress?.({ entries, bytes });
  }
  onProgress?.({ entries, bytes });
  return { entries, bytes };
}

/** Throws `KV_INVALID_ARGUMENT` for what entries cannot be written to. */
export function checkExportTarget(target: unknown): void {
  if (!(target instanceof WritableStream)) {
    throw refused("export", "the target must be a WritableStream", target);
  }
  if (target.locked) {
    throw invalidArgument(
      "Cannot export: the stream is locked by another writer",
    );
  }
}
