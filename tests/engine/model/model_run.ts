import { setImmediate } from "node:timers";
import { type OpenOptions, openStore } from "../../../src/engine/open.ts";
import type { KvEngine } from "../../../src/engine/api/engine.ts";
import type { KvReader, KvSnapshot } from "../../../src/engine/api/reader.ts";
import type { WriteOptions } from "../../../src/engine/api/writes.ts";
import type { EngineOptions } from "../../../src/options.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { below, pick, seeded } from "../../codec/random.ts";
import { expectLiveFilesOnly } from "../live_files.ts";
import type { Face } from "./face.ts";
import type { KeyMaker } from "./keys.ts";
import { Model } from "./model.ts";
import { expectClosed } from "./expect_closed.ts";
import { OpenScan, randomScan } from "./open_scan.ts";
import { Pending } from "./pending.ts";
import { randomValue } from "./values.ts";

type Engine = KvEngine<unknown, unknown>;

/** What a model test runs on. */
export interface ModelSetting {
  readonly name: string;
  readonly storage: Storage;
  /** Files that are open and should not be, once the engine is closed. */
  readonly leftOpen: () => readonly string[];
  readonly face: Face;
  readonly key: KeyMaker;
  /** Whether keys may be cut anywhere to make prefixes. */
  readonly canCutKeys: boolean;
  /** How many times longer values are than those of other settings. Default 1. */
  readonly valueScale?: number;
  /** The store is opened with one of these each time. */
  readonly options: readonly EngineOptions[];
}

/** A snapshot and the moment of the model that it has to show. */
interface Snapshot {
  readonly reader: KvSnapshot<unknown, unknown>;
  readonly moment: number;
}

const MOST_SNAPSHOTS = 4;
const MOST_SCANS = 5;

/** How many answers may be waited for at once. */
const MOST_PENDING = 48;

/** Operations by how often they happen, in tenths of a thousandth. */
const WEIGHTS: Record<keyof typeof OPERATIONS, number> = {
  put: 3500,
  del: 1400,
  batch: 400,
  get: 1000,
  getSync: 1300,
  has: 400,
  getMany: 150,
  scan: 300,
  openScan: 120,
  stepScan: 900,
  endScan: 60,
  takeSnapshot: 40,
  closeSnapshot: 35,
  flush: 4,
  compact: 1,
  sync: 20,
  wait: 150,
  reopen: 1,
};

const OPERATIONS = {
  put: (run: ModelRun) => run.put(),
  del: (run: ModelRun) => run.del(),
  batch: (run: ModelRun) => run.batch(),
  get: (run: ModelRun) => run.get(),
  getSync: (run: ModelRun) => run.getSync(),
  has: (run: ModelRun) => run.has(),
  getMany: (run: ModelRun) => run.getMany(),
  scan: (run: ModelRun) => run.scan(),
  openScan: (run: ModelRun) => run.openScan(),
  stepScan: (run: ModelRun) => run.stepScan(),
  endScan: (run: ModelRun) => run.endScan(),
  takeSnapshot: (run: ModelRun) => run.takeSnapshot(),
  closeSnapshot: (run: ModelRun) => run.closeSnapshot(),
  flush: (run: ModelRun) => run.flush(),
  compact: (run: ModelRun) => run.compact(),
  sync: (run: ModelRun) => run.sync(),
  wait: (run: ModelRun) => run.wait(),
  reopen: (run: ModelRun) => run.reopen(),
};

/** One line for each weight: where it ends, and its operation. */
const LOTS = Object.entries(WEIGHTS).reduce<
  [number, keyof typeof OPERATIONS][]
>(
  (lots, [name, weight]) => [
    ...lots,
    [(lots.at(-1)?.[0] ?? 0) + weight, name as keyof typeof OPERATIONS],
  ],
  [],
);

/** Random operations on an engine and on a model beside it; every answer is compared. */
export class ModelRun {
  readonly #setting: ModelSetting;
  readonly #random: () => number;
  readonly #model = new Model();
  readonly #pending = new Pending();
  #db!: Engine;
  #snapshots: Snapshot[] = [];
  #scans: OpenScan[] = [];
  /** Number of the operation that is going on; every write of a batch counts. */
  operation = 0;
  /** Its name. */
  operationName = "open";
  /** The deepest level that has had a segment. */
  deepestLevel = -1;
  reopened = 0;

  constructor(setting: ModelSetting, seed: number) {
    this.#setting = setting;
    this.#random = seeded(seed);
  }

  /** Runs `count` operations and closes the store. */
  async run(count: number): Promise<void> {
    await this.#open();
    while (this.operation < count) {
      this.operation++;
      const lot = below(this.#random, LOTS.at(-1)![0]);
      this.operationName = LOTS.find(([end]) => lot < end)![1];
      this.#pending.label = `${this.operation} (${this.operationName})`;
      const done = OPERATIONS[this.operationName as keyof typeof OPERATIONS](
        this,
      );
      if (done !== undefined) await done;
      if (this.#pending.count >= MOST_PENDING) await this.wait();
    }
    this.operationName = "close";
    await this.reopen();
    await this.#close();
  }

  async #open(): Promise<void> {
    const { storage, face, options } = this.#setting;
    const chosen: OpenOptions<unknown, unknown> = {
      ...pick(this.#random, options),
      keys: face.keys,
      values: face.values,
    };
    this.#db = await openStore(storage, chosen);
  }

  #key(): string {
    return this.#setting.key(this.#random);
  }

  #value(): string {
    const { valueScale } = this.#setting;
    return randomValue(this.#random, this.operation, valueScale);
  }

  #writeOptions(): WriteOptions | undefined {
    const roll = this.#random();
    if (roll < 0.9) return undefined;
    return { sync: roll < 0.92 };
  }

  put(): void {
    const { face } = this.#setting;
    const key = this.#key();
    const value = this.#value();
    this.#model.put(key, value);
    const k = face.keyOf(key);
    const v = face.valueOf(value);
    this.#pending.add(this.#db.put(k, v, this.#writeOptions()));
  }

  del(): void {
    const key = this.#key();
    const existed = this.#model.del(key);
    const k = this.#setting.face.keyOf(key);
    this.#pending.add(this.#db.del(k, this.#writeOptions()), (answer) => {
      expectSame(answer, existed, `del of ${shown(key)}`);
    });
  }

  batch(): void {
    const { face } = this.#setting;
    const batch = this.#db.batch();
    const count = below(this.#random, pick(this.#random, [3, 30, 300]));
    for (let i = 0; i < count; i++) {
      const key = this.#key();
      if (this.#random() < 0.3) {
        this.#model.del(key);
        batch.del(face.keyOf(key));
      } else {
        const value = this.#value();
        this.#model.put(key, value);
        batch.put(face.keyOf(key), face.valueOf(value));
      }
    }
    expectSame(batch.size, count, "size of the batch");
    this.operation += count;
    this.#pending.add(batch.commit(this.#writeOptions()));
  }

  get(): void {
    const { reader, moment } = this.#reader();
    const key = this.#key();
    const expected = this.#model.get(key, moment);
    const k = this.#setting.face.keyOf(key);
    this.#pending.add(reader.get(k), (value) => {
      this.#expectValue(key, value, expected);
    });
  }

  getSync(): void {
    if (!this.#setting.storage.synchronous) return this.get();
    const { reader, moment } = this.#reader();
    const key = this.#key();
    const value = reader.getSync(this.#setting.face.keyOf(key));
    this.#expectValue(key, value, this.#model.get(key, moment));
  }

  has(): void {
    const { reader, moment } = this.#reader();
    const key = this.#key();
    const expected = this.#model.get(key, moment) !== undefined;
    const k = this.#setting.face.keyOf(key);
    this.#pending.add(reader.has(k), (has) => {
      expectSame(has, expected, `has of ${shown(key)}`);
    });
  }

  getMany(): void {
    const { reader, moment } = this.#reader();
    const { face } = this.#setting;
    const keys = Array.from(
      { length: below(this.#random, 20) },
      () => this.#key(),
    );
    const expected = keys.map((key) => this.#model.get(key, moment));
    const many = reader.getMany(keys.map((key) => face.keyOf(key)));
    this.#pending.add(many, (values) => {
      expectSame(values.length, keys.length, "values of getMany");
      keys.forEach((key, i) => this.#expectValue(key, values[i], expected[i]));
    });
  }

  /** Goes through a range from its beginning to its end. */
  scan(): void {
    const scan = this.#newScan(this.#reader());
    const drained = scan.drain();
    if (drained !== undefined) this.#pending.add(drained);
  }

  openScan(): void {
    if (this.#scans.length >= MOST_SCANS) return;
    this.#scans.push(this.#newScan(this.#reader()));
  }

  stepScan(): void {
    if (this.#scans.length === 0) return this.scan();
    const scan = pick(this.#random, this.#scans);
    for (let steps = 1 + below(this.#random, 8); steps > 0; steps--) {
      const stepped = scan.step();
      if (stepped !== undefined) this.#pending.add(stepped);
    }
    if (scan.isDone) this.#scans.splice(this.#scans.indexOf(scan), 1);
  }

  endScan(): void {
    if (this.#scans.length === 0) return this.stepScan();
    const [scan] = this.#scans.splice(
      below(this.#random, this.#scans.length),
      1,
    );
    this.#pending.add(scan!.end());
  }

  takeSnapshot(): void {
    if (this.#snapshots.length >= MOST_SNAPSHOTS) return;
    const reader = this.#db.snapshot();
    this.#snapshots.push({ reader, moment: this.#model.hold() });
  }

  async closeSnapshot(): Promise<void> {
    if (this.#snapshots.length === 0) return;
    await this.#pending.settled();
    const at = below(this.#random, this.#snapshots.length);
    const { reader, moment } = this.#snapshots.splice(at, 1)[0]!;
    reader.close();
    this.#model.release(moment);
    await expectClosed(() => reader.has(this.#anyKey()));
    for (const scan of this.#scans.filter((s) => s.reader === reader)) {
      await scan.expectClosed();
    }
    this.#scans = this.#scans.filter((scan) => scan.reader !== reader);
  }

  flush(): void {
    this.#pending.add(this.#db.flush());
  }

  compact(): void {
    if (this.#random() < 0.7) return this.#pending.add(this.#db.compact());
    const controller = new AbortController();
    const reason = new Error("Enough");
    const compacted = this.#db.compact({ signal: controller.signal });
    this.#pending.add(compacted.catch((error) => {
      if (error !== reason) throw error;
    }));
    if (this.#random() < 0.5) this.#pending.add(this.#db.compact());
    setImmediate(() => controller.abort(reason));
  }

  sync(): void {
    this.#pending.add(this.#db.sync());
  }

  /** Waits for all answers, and lets background work go on. */
  async wait(): Promise<void> {
    await this.#pending.settled();
    this.#noteLevels();
    if (this.#random() < 0.3) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** Closes the store, with scans and snapshots open or not, and opens it with other options. */
  async reopen(): Promise<void> {
    this.reopened++;
    await this.#close();
    if (this.#random() < 0.2) await this.#readOnly();
    await this.#open();
    await this.#compareAll();
  }

  async #close(): Promise<void> {
    await this.wait();
    while (this.#scans.length > 0 && this.#random() < 0.5) this.endScan();
    // What was asked for before `close` is done before it.
    for (let i = below(this.#random, 4); i > 0; i--) this.put();
    if (this.#random() < 0.3) this.get();
    if (this.#random() < 0.3) this.flush();
    const db = this.#db;
    this.#pending.add(db.close());
    this.#pending.add(db.close());
    await this.#pending.settled();
    await expectClosed(() => db.get(this.#anyKey()));
    await expectClosed(() => db.put(this.#anyKey(), undefined));
    await this.#leaveReaders();
    const { storage, leftOpen } = this.#setting;
    await expectLiveFilesOnly(storage);
    expectSame(leftOpen().join(), "", "files open after close");
  }

  /** Scans and snapshots that were open at `close` are of no use any more, and do no harm. */
  async #leaveReaders(): Promise<void> {
    for (const scan of this.#scans) await scan.expectClosed();
    for (const { reader, moment } of this.#snapshots) {
      await expectClosed(() => reader.get(this.#anyKey()));
      reader.close();
      this.#model.release(moment);
    }
    this.#scans = [];
    this.#snapshots = [];
  }

  /** A store that is opened to be read has all, and leaves every file as it is. */
  async #readOnly(): Promise<void> {
    const { storage, face } = this.#setting;
    const before = (await storage.list()).sort().join();
    this.#db = await openStore(storage, {
      keys: face.keys,
      values: face.values,
      readOnly: true,
    });
    await this.#compareAll();
    await this.#db.close();
    const after = (await storage.list()).sort().join();
    expectSame(after, before, "files after opening with readOnly");
  }

  /** Compares the whole store with the model. */
  async #compareAll(): Promise<void> {
    const { face } = this.#setting;
    const scan = new OpenScan(
      { reader: this.#db, moment: this.#model.moment, face },
      this.#model,
      {
        kind: "scan",
        range: {},
        reverse: this.#random() < 0.5,
        limit: Infinity,
      },
    );
    await scan.drain();
  }

  #newScan(at: { reader: KvReader<unknown, unknown>; moment: number }) {
    const { face, storage } = this.#setting;
    const spec = randomScan(this.#random, {
      key: () => this.#key(),
      canCutKeys: this.#setting.canCutKeys,
      mayBeSync: storage.synchronous,
    });
    return new OpenScan({ ...at, face }, this.#model, spec);
  }

  /** The engine, or one of the snapshots. */
  #reader(): { reader: KvReader<unknown, unknown>; moment: number } {
    if (this.#snapshots.length > 0 && this.#random() < 0.4) {
      return pick(this.#random, this.#snapshots);
    }
    return { reader: this.#db, moment: this.#model.moment };
  }

  #anyKey(): unknown {
    return this.#setting.face.keyOf(this.#key());
  }

  #expectValue(key: string, value: unknown, expected: string | undefined) {
    const text = value === undefined
      ? undefined
      : this.#setting.face.textOfValue(value);
    if (text === expected) return;
    throw new Error(
      `value of ${shown(key)} is ${shown(text)}, not ${shown(expected)}`,
    );
  }

  #noteLevels(): void {
    const { levels } = this.#db.stats();
    const deepest = levels.findLastIndex(({ segments }) => segments > 0);
    this.deepestLevel = Math.max(this.deepestLevel, deepest);
  }
}

function expectSame<T>(actual: T, expected: T, what: string): void {
  if (actual === expected) return;
  throw new Error(`${what}: ${actual}, not ${expected}`);
}

function shown(text: string | undefined): string {
  if (text === undefined) return "undefined";
  const start = JSON.stringify(text.slice(0, 60));
  return text.length <= 60 ? start : `${start}… (${text.length} bytes)`;
}
