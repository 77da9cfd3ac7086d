import { assertEquals } from "@std/assert";
import { type LogHeader, readLogHeader } from "../../src/format/log_format.ts";
import { FileWindow } from "../../src/inspection/file_window.ts";
import { restoreHeader } from "../../src/inspection/log_salt.ts";
import { LogWalk } from "../../src/inspection/log_walk.ts";
import { Progress } from "../../src/inspection/progress.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { LogReader } from "../../src/wal/log_reader.ts";
import { test } from "../harness.ts";
import { randomFrom } from "../segment/support.ts";
import { craftLog, header } from "../wal/logs.ts";

test("A walk comes to the frames that a LogReader comes to, however the log is damaged", async () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = randomFrom(seed);
    const { image } = craftLog(
      Array.from({ length: 3 + random(10) }, (_, i) => ({
        count: 1 + random(3),
        durableSequence: 90 + random(Math.min(i + 1, 9)),
        // Some longer than what is read at once.
        records: new Uint8Array(random(4) === 0 ? random(200_000) : random(90)),
      })),
    );
    for (let hit = random(4); hit > 0; hit--) {
      image[40 + random(image.length - 40)]! ^= 1 << random(8);
    }
    const damaged = image.subarray(0, image.length - random(2) * random(50));
    const where = `seed ${seed}`;
    const reader = new LogReader(damaged, header);
    let frames = 0;
    while (reader.next() !== undefined) frames++;
    const walk = new LogWalk(windowOn(damaged), header);
    let promised = 0;
    for (let frame = await walk.next(); frame; frame = await walk.next()) {
      if (frame.end <= reader.offset) frames--;
      else promised = Math.max(promised, frame.header.durableSequence);
    }
    assertEquals(frames, 0, where);
    assertEquals(walk.intactEnd, reader.offset, where);
    assertEquals(walk.nextSequence, reader.nextSequence, where);
    assertEquals(promised, reader.promisedBehind(), where);
  }
});

test("A search that is kept busy by bytes made for it is given up, by the walk as by a LogReader", async () => {
  const { image } = craftLog([]);
  const bomb = new Uint8Array(40 + 100_000);
  bomb.set(image);
  const view = new DataView(bomb.buffer);
  for (let at = 40; at < bomb.length - 40; at += 16) {
    view.setUint32(at + 4, 50_000, true);
    view.setUint32(at + 8, 1, true);
    view.setUint32(at + 12, 0x4d415246, true);
  }
  const walk = new LogWalk(windowOn(bomb), header);
  assertEquals([await walk.next(), walk.gaveUp], [undefined, true]);
  const reader = new LogReader(bomb, header);
  assertEquals(reader.promisedBehind(), Number.MAX_SAFE_INTEGER - 1);
});

test("The header of a log is restored whichever byte of it is damaged", async () => {
  const { image } = craftLog([
    { count: 1, durableSequence: 0, records: new Uint8Array(9) },
  ]);
  for (let at = 0; at < 40; at++) {
    const damaged = image.slice();
    damaged[at]! ^= 1 << at % 8;
    assertEquals(readLogHeader(damaged), undefined, `byte ${at}`);
    const restored = await restoreHeader(windowOn(damaged), header.number);
    assertEquals(restored, header as LogHeader, `byte ${at}`);
  }
});

test("No header is made up for a log without a frame that passes", async () => {
  const { image } = craftLog([
    { count: 1, durableSequence: 0, records: new Uint8Array(9) },
  ]);
  const damaged = image.slice();
  damaged[14]! ^= 1;
  damaged[75]! ^= 1;
  assertEquals(
    await restoreHeader(windowOn(damaged), header.number),
    undefined,
  );
  const random = randomFrom(5);
  const garbage = Uint8Array.from({ length: 5000 }, () => random(256));
  assertEquals(await restoreHeader(windowOn(garbage), 7), undefined);
});

function windowOn(bytes: Uint8Array): FileWindow {
  const storage = new MemoryStorage();
  storage.create("log").append(bytes);
  const progress = new Progress({}, { giveWay: () => Promise.resolve() });
  return new FileWindow(storage.open("log"), { name: "log", progress });
}
