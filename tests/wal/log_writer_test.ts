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
const log7 = { header: image, capacity: 1 << 20 };

for (const synchronous of [true, false]) {
  const kind = synchronous ? "synchronous" : "promise-answering";

  test(`A new log has a durable header and a durable name before anything else, on ${kind} storage`, async () => {
    const storage = new FaultStorage({ synchronous });
    await LogWriter.create(storage, NAME, log7);
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
    const log = await LogWriter.create(storage, NAME, log7);
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
    const log = await LogWriter.create(storage, NAME, log7);
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
        async () => await LogWriter.create(storage, NAME, log7),
        KvIoError,
      );
      assertEquals(storage.openFiles, [], `call ${call}`);
    }
  });

  test(`A failed sync does not count as one, on ${kind} storage`, async () => {
    const storage = new FaultStorage({ synchronous });
    const log = await LogWriter.create(storage, NAME, log7);
    await log.append(Uint8Array.of(1));
    storage.inject({ kind: "fail", operation: "sync" });
    await assertRejects(async () => await log.sync(), KvIoError);
    assert(!log.isSynced);
  });
}

test("Small syncs in a row make room for more, larger with the log, and the log takes its place", async () => {
  const storage = new FaultStorage();
  const log = await LogWriter.create(storage, NAME, log7);
  const frame = new Uint8Array(1000).fill(7);
  for (let i = 0; i < 30; i++) {
    await log.append(frame);
    await log.sync();
  }
  const rooms = storage.trace.filter(({ operation }) =>
    operation === "reserve"
  );
  assertEquals(rooms.map(({ bytes }) => bytes), [9040, 19_040]);
  assertEquals(log.size, LOG_HEADER_BYTES + 30_000);
  for (const survivor of storage.crashes()) {
    const left = survivor.readFile(NAME)!;
    assertEquals(left.length, 2 * 19_040);
    assertEquals(left.lastIndexOf(7), log.size - 1);
  }
});

test("No room is made past the capacity of the log", async () => {
  const storage = new FaultStorage();
  const capacity = LOG_HEADER_BYTES + 12_345;
  const small = { header: image, capacity };
  const log = await LogWriter.create(storage, NAME, small);
  for (let i = 0; i < 12; i++) {
    await log.append(new Uint8Array(1000));
    await log.sync();
  }
  assertEquals(storage.readFile(NAME)!.length, capacity);
});

test("Syncs that come alone or have much to write make no room", async () => {
  const storage = new FaultStorage();
  const log = await LogWriter.create(storage, NAME, log7);
  for (let i = 0; i < 10; i++) {
    await log.append(new Uint8Array(100));
    await log.sync();
    await log.append(new Uint8Array(20_000));
    await log.sync();
  }
  assert(storage.trace.every(({ operation }) => operation !== "reserve"));
});

for (const kind of ["fail", "fail-after"] as const) {
  test(`Room that cannot be made is no harm, and is not asked for again at once: ${kind}`, async () => {
    const storage = new FaultStorage();
    const log = await LogWriter.create(storage, NAME, log7);
    const fault = storage.inject({
      kind,
      operation: "reserve",
      times: Infinity,
    });
    for (let i = 0; i < 20; i++) {
      await log.append(Uint8Array.of(i));
      await log.sync();
    }
    assertEquals(fault.struck, 1);
    const left = storage.crash().readFile(NAME)!;
    assertEquals(left[log.size - 1], 19);
  });
}

test("On storage that answers at once a log is written without a promise", () => {
  const log = LogWriter.create(new FaultStorage(), NAME, log7);
  assert(log instanceof LogWriter);
  assertEquals(log.append(Uint8Array.of(1)), undefined);
  assertEquals(log.sync(), undefined);
});
