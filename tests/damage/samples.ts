// Stores with everything that a store can hold, as a kill has left them, to be damaged.
import { type EngineOptions, type KvEngine, open } from "../../mod.ts";
import { defer } from "../../src/engine/runtime/deferred.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { deterministic } from "../simulator/deterministic.ts";
import type { Files } from "./fixed_files.ts";
import { History, type Recorder } from "./history.ts";

/** A store that nobody has open. */
export interface Sample {
  readonly files: Files;
  /** What was in files that the store had before: what a disk may still hold in their places. */
  readonly formerFiles: readonly FormerFile[];
  readonly history: History;
}

/** A file that was removed or replaced. */
export interface FormerFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** How samples are opened: everything is small, and several blocks make a segment. */
export const SMALL: EngineOptions = {
  memtableSize: 64 * 1024,
  blockSize: 256,
  cacheSize: 1024 * 1024,
  compaction: {
    threshold: 4,
    levelSize: 64 * 1024,
    segmentSize: 16 * 1024,
  },
};

/**
 * About 8 KiB in files of every kind: a deep level, compressed, and a segment above it with
 * tombstones and with versions that a snapshot held; range tombstones over both; a full log, and a
 * newer one, which ends with writes that were not synced. The deep level begins with `keys` keys.
 */
export function smallSample(seed: number, keys = 40): Promise<Sample> {
  return makeSample(seed, async (builder) => {
    let db = await builder.open({ compression: "deflate" });
    for (let i = 0; i < keys; i++) await db.put(`key${i}`, `first ${i}`);
    await builder.engine.compact();
    db = await builder.open({});
    for (let i = 0; i < keys; i += 3) await db.put(`key${i}`, `second ${i}`);
    const snapshot = builder.engine.snapshot();
    for (let i = 1; i < keys; i += 8) await db.del(`key${i}`);
    for (let i = 0; i < keys; i += 5) await db.put(`key${i}`, `third ${i}`);
    await db.delRange("key22", "key25");
    await db.put("key23", "after the range");
    await builder.engine.flush();
    snapshot.close();
    db = await builder.open({ memtableEntries: 6 });
    builder.holdFlushes();
    await db.batch([["key7", "a batch"], ["log", "of three"], ["key9", null]]);
    await db.batch([["key36", null, "key38"], ["key37", "ranged"]]);
    for (let i = 2; i < 30; i += 7) await db.put(`key${i}`, `fourth ${i}`);
    // The MemTable was full: this is the next log.
    await db.put("key3", "fifth");
    await db.del("key12");
    await db.put("key4", "not synced", { sync: false });
    await db.batch([["key5", "nor this"], ["key0", null]], { sync: false });
  });
}

/** A log of 64 KiB, from which synced writes and others take turns; the last are not synced. */
export function logSample(seed: number): Promise<Sample> {
  return makeSample(seed, async (builder) => {
    const db = await builder.open({ memtableSize: 1024 * 1024 });
    for (let i = 0; i < 60; i++) {
      const sync = i % 4 !== 2 && i < 55;
      const value = `${i} `.repeat(410 + (i * 7) % 40);
      const options = { sync };
      if (i % 9 === 4) await db.del(`key${i % 25}`, options);
      else if (i % 9 === 7) {
        const half = value.slice(0, value.length / 2);
        await db.batch([[`key${i % 25}`, half], ["common", half]], options);
      } else await db.put(`key${i % 25}`, value, options);
    }
  });
}

/**
 * Files of every kind that take several pages of 4 KiB each, and former ones of the same size and
 * kind.
 */
export function largeSample(seed: number): Promise<Sample> {
  return makeSample(seed, async (builder) => {
    const long = (i: number) => `key${i % 90}`.padEnd(600, ".");
    const value = (i: number) => `value ${i} `.repeat(20);
    let db = await builder.open({ blockSize: 1024 });
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 40; i++) {
        const n = round * 31 + i;
        await db.put(long(n), value(n), { sync: i % 7 === 0 });
      }
      if (round < 5) await builder.engine.flush();
      if (round === 1) await builder.engine.compact();
    }
    db = await builder.open({ blockSize: 1024 });
    for (let i = 0; i < 30; i++) await db.put(long(i * 3), value(1000 + i));
  });
}

/**
 * Builds a store and keeps its files as they are at the end of `work`, before the store is closed.
 */
async function makeSample(
  seed: number,
  work: (builder: Builder) => Promise<void>,
): Promise<Sample> {
  using _ = deterministic(seed);
  const builder = new Builder();
  await work(builder);
  return await builder.finish();
}

class Builder {
  readonly #storage = new FaultStorage();
  readonly #history = new History();
  readonly #formerFiles: FormerFile[] = [];
  readonly #hold = defer();
  #engine: KvEngine<string, string> | undefined;
  #isHolding = false;

  constructor() {
    this.#storage.onCall = ({ operation, file, to }) => {
      if (operation === "remove") this.#keepFormer(file);
      if (operation === "rename") this.#keepFormer(to!);
      const isFlush = operation === "create" && file.endsWith(".seg");
      return isFlush && this.#isHolding ? this.#hold.promise : undefined;
    };
  }

  get engine(): KvEngine<string, string> {
    return this.#engine!;
  }

  async open(options: EngineOptions): Promise<Recorder> {
    await this.#engine?.close();
    this.#engine = await open(this.#storage, { ...SMALL, ...options });
    return this.#history.recorder(this.#engine);
  }

  /** Lets no flush come to its end any more. */
  holdFlushes(): void {
    this.#isHolding = true;
  }

  async finish(): Promise<Sample> {
    const files = new Map<string, Uint8Array>();
    for (const name of this.#storage.fileNames) {
      files.set(name, this.#storage.readFile(name)!);
    }
    const formerFiles = [...this.#formerFiles];
    this.#hold.resolve();
    await this.engine.close();
    return { files, formerFiles, history: this.#history };
  }

  #keepFormer(name: string): void {
    const bytes = this.#storage.readFile(name);
    if (bytes !== undefined) this.#formerFiles.push({ name, bytes });
  }
}
