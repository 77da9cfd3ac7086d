import { assert, assertEquals, assertRejects } from "@std/assert";
import { KvIoError } from "../../src/errors.ts";
import { LOG_HEADER_BYTES } from "../../src/format/log_format.ts";
import { LogWriter } from "../../src/wal/log_writer.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { lineOf } from "../support/calls.ts";
import { craftLog } from "./logs.ts";

const NAME = "000007.log";
const { image } = craftLog([]);

for (const synchronous of [true, false]) {
  const kind = synchronous ? "synchronous" : "promise-answering";

  test(`A new log has a durable header and a durable name before anything else, on ${kind} storage`, async () => {
    const storage = new FaultStorage({ synchronous });
    await LogWriter.create(storage, NAME, image);
    assertEquals(storage.trace.map(lineOf), [
      `create ${NAME}`,
      `append ${NAME}`,
      `sync ${NAME}`,
      "syncDirectory",
    ]);
    for (const survivor of storage.crashes()) {
      assertEquals(survivor.readFile(NAME), image);
    }
  });

  test(`Frames are appended as they are, and synced when that is asked for, on ${kind} storage`, async () => {
    const storage = new FaultStorage({ synchronous });
    const log = await LogWriter.create(storage, NAME, image);
    storage.clearTrace();
    await log.append(Uint8Array.of(1, 2, 3));
    await log.append(Uint8Array.of(4));
    assertEquals(storage.trace.map(lineOf), [
      `append ${NAME}`,
      `append ${NAME}`,
    ]);
    assertEquals(log.size, LOG_HEADER_BYTES + 4);
    assert(!log.isSynced);
    await log.sync();
    assert(log.isSynced);
    const content = Uint8Array.of(...image, 1, 2, 3, 4);
    for (const survivor of storage.crashes()) {
      assertEquals(survivor.readFile(NAME), content);
    }
    await log.close();
    assertEquals(storage.openFiles, []);
  });

  test(`What is synced already is not synced again, on ${kind} storage`, async () => {
    const storage = new FaultStorage({ synchronous });
    const log = await LogWriter.create(storage, NAME, image);
    storage.clearTrace();
    await log.sync();
    assertEquals(storage.trace.map(lineOf), []);
    await log.append(Uint8Array.of(1));
    await log.sync();
    await log.sync();
    assertEquals(storage.trace.map(lineOf), [`append ${NAME}`, `sync ${NAME}`]);
  });

  test(`A log that could not be made leaves no file open, on ${kind} storage`, async () => {
    for (let call = 1; call <= 4; call++) {
      const storage = new FaultStorage({ synchronous });
      storage.inject({ kind: "fail", from: call });
      await assertRejects(
        async () => await LogWriter.create(storage, NAME, image),
        KvIoError,
      );
      assertEquals(storage.openFiles, [], `call ${call}`);
    }
  });

  test(`A failed sync does not count as one, on ${kind} storage`, async () => {
    const storage = new FaultStorage({ synchronous });
    const log = await LogWriter.create(storage, NAME, image);
    await log.append(Uint8Array.of(1));
    storage.inject({ kind: "fail", operation: "sync" });
    await assertRejects(async () => await log.sync(), KvIoError);
    assert(!log.isSynced);
  });
}

test("On storage that answers at once a log is written without a promise", () => {
  const log = LogWriter.create(new FaultStorage(), NAME, image);
  assert(log instanceof LogWriter);
  assertEquals(log.append(Uint8Array.of(1)), undefined);
  assertEquals(log.sync(), undefined);
});
