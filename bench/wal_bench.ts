/**
 * The write-ahead log: every write goes through its append. Run with
 * `deno bench -A bench/wal_bench.ts`.
 *
 * - seal: the checksum and the header of a frame, as a commit makes them.
 * - append: frames of 1, 10 and 1,000 records of 124 bytes, 1 MiB in all, to a file of the runtime,
 *   unsynced. One record in a frame is a writer that waits for each write, a thousand are a group
 *   of writers.
 * - sync: one record, appended and made durable: what a synced write costs when it is alone.
 * - read back: what recovery does with 1 MiB of log, checksums included.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  FRAME_HEADER_BYTES,
  LOG_HEADER_BYTES,
  type LogHeader,
  sealFrame,
  writeLogHeader,
} from "../src/format/log_format.ts";
import { openLocalStorage } from "../src/storage/local_storage.ts";
import { LogReader } from "../src/wal/log_reader.ts";
import { LogWriter } from "../src/wal/log_writer.ts";

const RECORD_BYTES = 124;
const TOTAL_BYTES = 1 << 20;
const HEADER: LogHeader = { salt: 1, number: 1, firstSequence: 1 };
const LOG_HEADER = new Uint8Array(LOG_HEADER_BYTES);
writeLogHeader(LOG_HEADER, HEADER);

const folder = mkdtempSync(join(tmpdir(), "purekv-bench-"));
globalThis.addEventListener("unload", () => {
  rmSync(folder, { recursive: true, force: true });
});
const storage = await openLocalStorage(folder);

for (const records of [1, 10, 1_000]) {
  const frame = makeFrame(records, 1);
  const frames = Math.floor(TOTAL_BYTES / frame.length);
  Deno.bench({
    group: `${records} records in a frame`,
    name: `seal 1 MiB, ${records} records in a frame`,
    fn() {
      for (let i = 0; i < frames; i++) seal(frame, records, 1);
    },
  });
  Deno.bench({
    group: `${records} records in a frame`,
    name: `append 1 MiB, ${records} records in a frame`,
    async fn(b) {
      await withLog(async (log) => {
        b.start();
        for (let i = 0; i < frames; i++) await log.append(frame);
        b.end();
      });
    },
  });
  const image = makeImage(records, frames);
  Deno.bench({
    group: `${records} records in a frame`,
    name: `read back 1 MiB, ${records} records in a frame`,
    fn() {
      const reader = new LogReader(image, HEADER);
      let found = 0;
      while (reader.next() !== undefined) found++;
      if (found !== frames) throw new Error(`${found} of ${frames} frames`);
    },
  });
}

const single = makeFrame(1, 1);
Deno.bench({
  name: "append and sync 1 record",
  async fn(b) {
    await withLog(async (log) => {
      b.start();
      await log.append(single);
      await log.sync();
      b.end();
    });
  },
});

/** A fresh log for one iteration: neither making nor removing it is measured. */
async function withLog(use: (log: LogWriter) => Promise<void>): Promise<void> {
  const name = "000001.log";
  const log = await LogWriter.create(storage, name, {
    header: LOG_HEADER,
    capacity: 2 * TOTAL_BYTES,
  });
  await use(log);
  await log.close();
  await storage.remove(name);
}

function makeFrame(records: number, firstSequence: number): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + records * RECORD_BYTES);
  seal(frame, records, firstSequence);
  return frame;
}

function seal(frame: Uint8Array, count: number, firstSequence: number): void {
  const length = frame.length - FRAME_HEADER_BYTES;
  const durableSequence = firstSequence - 1;
  sealFrame(frame, 0, HEADER.salt, {
    length,
    count,
    firstSequence,
    durableSequence,
  });
}

function makeImage(records: number, frames: number): Uint8Array {
  const frameBytes = FRAME_HEADER_BYTES + records * RECORD_BYTES;
  const image = new Uint8Array(LOG_HEADER_BYTES + frames * frameBytes);
  image.set(LOG_HEADER);
  for (let i = 0; i < frames; i++) {
    const frame = makeFrame(records, 1 + i * records);
    image.set(frame, LOG_HEADER_BYTES + i * frameBytes);
  }
  return image;
}
