import { assertEquals, assertRejects } from "@std/assert";
import { SegmentSink } from "../../src/compaction/segment_sink.ts";
import { nextTurn } from "../../src/engine/runtime/event_loop.ts";
import { EntryView } from "../../src/format/entry.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import type { WritableFile } from "../../src/storage/storage.ts";
import { test } from "../harness.ts";
import { fill, put } from "../segment/support.ts";

/** Storage whose syncs end when they are told to. */
class SlowSyncs extends MemoryStorage {
  readonly calls: string[] = [];
  /** Ends each sync that was begun, with an error or without. */
  readonly ends: ((error?: Error) => void)[] = [];

  override create(name: string): WritableFile {
    const file = super.create(name);
    this.calls.push(`create ${name}`);
    return {
      get size() {
        return file.size;
      },
      append: (bytes) => file.append(bytes),
      sync: () => {
        this.calls.push(`sync ${name}`);
        return new Promise((resolve, reject) =>
          this.ends.push((error) => error ? reject(error) : resolve())
        );
      },
      close: () => {
        this.calls.push(`close ${name}`);
        return file.close();
      },
    };
  }
}

/** A sink that makes a segment of each key, and the keys that it has taken so far. */
function sinkOfKeys(storage: SlowSyncs) {
  let number = 1;
  const sink = new SegmentSink(
    { blockSize: 256, compression: "none", ceiling: 0, segmentSize: 1 },
    {
      storage,
      takeFileNumber: () => number++,
      randomUint32: () => 42,
      onWritten: () => storage.calls.push("written"),
    },
  );
  const taken: string[] = [];
  const add = async (key: string) => {
    await sink.add(fill(new EntryView(), put(key)));
    taken.push(key);
  };
  return { sink, taken, add };
}

test("The sync of a segment, which is said to be written before, goes on beside the next one, but for one alone at a time", async () => {
  const storage = new SlowSyncs();
  const { sink, taken, add } = sinkOfKeys(storage);
  await add("a");
  await add("b");
  const added = add("c");
  await nextTurn();
  assertEquals(taken, ["a", "b"]);
  const first = ["create 000001.seg", "written", "sync 000001.seg"];
  const second = ["create 000002.seg", "written"];
  assertEquals(storage.calls, [...first, ...second]);
  storage.ends[0]!();
  await added;
  const between = ["close 000001.seg", "sync 000002.seg", "create 000003.seg"];
  assertEquals(storage.calls, [...first, ...second, ...between]);

  let isFinished = false;
  const finished = sink.finish().finally(() => isFinished = true);
  storage.ends[1]!();
  await nextTurn();
  assertEquals([storage.ends.length, isFinished], [3, false]);
  storage.ends[2]!();
  assertEquals((await finished).map((segment) => segment.number), [1, 2, 3]);
  assertEquals(storage.calls.at(-1), "close 000003.seg");
});

test("A sync that fails is heard of before the next segment is synced, and nothing is left then", async () => {
  for (const isLast of [false, true]) {
    const storage = new SlowSyncs();
    const { sink, add } = sinkOfKeys(storage);
    await add("a");
    if (!isLast) await add("b");
    const end = isLast ? sink.finish() : add("c");
    await nextTurn();
    storage.ends[0]!(new Error("gone"));
    await assertRejects(() => end, Error, "gone");
    await sink.abandon();
    assertEquals(storage.list(), []);
    assertEquals(storage.ends.length, 1);
    const count = (call: string) =>
      storage.calls.filter((made) => made.startsWith(call)).length;
    assertEquals(count("close"), count("create"));
  }
});

test("What was written is removed only once no sync of it is under way", async () => {
  const storage = new SlowSyncs();
  const { sink, add } = sinkOfKeys(storage);
  await add("a");
  await add("b");
  const abandoned = sink.abandon();
  await nextTurn();
  assertEquals(storage.list().length, 2);
  storage.ends[0]!();
  await abandoned;
  assertEquals(storage.list(), []);
});
