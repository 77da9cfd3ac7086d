import { setImmediate } from "node:timers";
import type { KvEngine } from "../../../src/engine/api/engine.ts";
import type { RangeOptions } from "../../../src/engine/api/ranges.ts";
import type { KvReader, KvSnapshot } from "../../../src/engine/api/reader.ts";
import type { WriteOptions } from "../../../src/engine/api/writes.ts";
import { below, pick, seeded } from "../../codec/random.ts";
import { expectClosed, expectSame, shown } from "./expect.ts";
import { Model, type ModelRange } from "./model.ts";
import { OpenScan, randomScan } from "./open_scan.ts";
import { Pending } from "./pending.ts";
import type { ModelSetting } from "./setting.ts";
import { randomValue } from "./values.ts";

/** A snapshot and the moment of the model that it has to show. */
interface Snapshot {
  readonly reader: KvSnapshot<unknown, unknown>;
  readonly moment: number;
}

const MOST_SNAPSHOTS = 4;
const MOST_SCANS = 5;

/** What can be done with an open engine, each with random arguments, and with the model beside it. */
export class Operations {
  protected readonly setting: ModelSetting;
  protected readonly random: () => number;
  protected readonly model: Model = new Model();
  protected readonly pending: Pending = new Pending();
  protected db!: KvEngine<unknown, unknown>;
  protected snapshots: Snapshot[] = [];
  protected scans: OpenScan[] = [];
  /** Number of the operation that is going on; every write of a batch counts. */
  operation = 0;
  /** The deepest level that has had a segment. */
  deepestLevel = -1;

  constructor(setting: ModelSetting, seed: number) {
    this.setting = setting;
    this.random = seeded(seed);
  }

  #key(): string {
    return this.setting.key(this.random);
  }

  #value(): string {
    const { valueScale } = this.setting;
    return randomValue(this.random, this.operation, valueScale);
  }

  #writeOptions(): WriteOptions | undefined {
    const roll = this.random();
    if (roll < 0.9) return undefined;
    return { sync: roll < 0.92 };
  }

  put(): void {
    const { face } = this.setting;
    const key = this.#key();
    const value = this.#value();
    this.model.put(key, value);
    const k = face.keyOf(key);
    const v = face.valueOf(value);
    this.pending.add(this.db.put(k, v, this.#writeOptions()));
  }

  del(): void {
    const key = this.#key();
    const existed = this.model.del(key);
    const k = this.setting.face.keyOf(key);
    this.pending.add(this.db.del(k, this.#writeOptions()), (answer) => {
      expectSame(answer, existed, `del of ${shown(key)}`);
    });
  }

  /** Mostly of a few keys, now and then of many, or all. */
  delRange(): void {
    const range = this.#deletedRange();
    this.model.delRange(range);
    const options = this.#writeOptions();
    this.pending.add(
      Object.keys(range).length === 0
        ? this.db.clear(options)
        : this.db.delRange(this.#encoded(range), options),
    );
  }

  #deletedRange(): ModelRange {
    const roll = this.random();
    if (roll < 0.002) return {};
    const lower = this.#key();
    const upper = roll < 0.01
      ? this.#key()
      : this.model.keyBehind(lower, below(this.random, 20)) ?? lower;
    return {
      ...this.random() < 0.5 ? { gte: lower } : { gt: lower },
      ...this.random() < 0.5 ? { lt: upper } : { lte: upper },
    };
  }

  #encoded(range: ModelRange): RangeOptions<unknown> {
    return Object.fromEntries(
      Object.entries(range).map((
        [name, text],
      ) => [name, this.setting.face.keyOf(text)]),
    );
  }

  batch(): void {
    const { face } = this.setting;
    const batch = this.db.batch();
    const count = below(this.random, pick(this.random, [3, 30, 300]));
    for (let i = 0; i < count; i++) {
      const key = this.#key();
      if (this.random() < 0.02) {
        const range = { gte: key, lte: this.model.keyBehind(key, 3) ?? key };
        this.model.delRange(range);
        batch.delRange(this.#encoded(range));
      } else if (this.random() < 0.3) {
        this.model.del(key);
        batch.del(face.keyOf(key));
      } else {
        const value = this.#value();
        this.model.put(key, value);
        batch.put(face.keyOf(key), face.valueOf(value));
      }
    }
    expectSame(batch.size, count, "size of the batch");
    this.operation += count;
    this.pending.add(batch.commit(this.#writeOptions()));
  }

  get(): void {
    const { reader, moment } = this.#reader();
    const key = this.#key();
    const expected = this.model.get(key, moment);
    const k = this.setting.face.keyOf(key);
    this.pending.add(reader.get(k), (value) => {
      this.#expectValue(key, value, expected);
    });
  }

  getSync(): void {
    if (!this.setting.storage.synchronous) return this.get();
    const { reader, moment } = this.#reader();
    const key = this.#key();
    const value = reader.getSync(this.setting.face.keyOf(key));
    this.#expectValue(key, value, this.model.get(key, moment));
  }

  has(): void {
    const { reader, moment } = this.#reader();
    const key = this.#key();
    const expected = this.model.get(key, moment) !== undefined;
    const k = this.setting.face.keyOf(key);
    this.pending.add(reader.has(k), (has) => {
      expectSame(has, expected, `has of ${shown(key)}`);
    });
  }

  getMany(): void {
    const { reader, moment } = this.#reader();
    const { face } = this.setting;
    const keys = Array.from(
      { length: below(this.random, 20) },
      () => this.#key(),
    );
    const expected = keys.map((key) => this.model.get(key, moment));
    const many = reader.getMany(keys.map((key) => face.keyOf(key)));
    this.pending.add(many, (values) => {
      expectSame(values.length, keys.length, "values of getMany");
      keys.forEach((key, i) => this.#expectValue(key, values[i], expected[i]));
    });
  }

  /** Goes through a range from its beginning to its end. */
  scan(): void {
    const scan = this.#newScan(this.#reader());
    const drained = scan.drain();
    if (drained !== undefined) this.pending.add(drained);
  }

  openScan(): void {
    if (this.scans.length >= MOST_SCANS) return;
    this.scans.push(this.#newScan(this.#reader()));
  }

  stepScan(): void {
    if (this.scans.length === 0) return this.scan();
    const scan = pick(this.random, this.scans);
    for (let steps = 1 + below(this.random, 8); steps > 0; steps--) {
      const stepped = scan.step();
      if (stepped !== undefined) this.pending.add(stepped);
    }
    if (scan.isDone) this.scans.splice(this.scans.indexOf(scan), 1);
  }

  endScan(): void {
    if (this.scans.length === 0) return this.stepScan();
    const [scan] = this.scans.splice(
      below(this.random, this.scans.length),
      1,
    );
    this.pending.add(scan!.end());
  }

  takeSnapshot(): void {
    if (this.snapshots.length >= MOST_SNAPSHOTS) return;
    const reader = this.db.snapshot();
    this.snapshots.push({ reader, moment: this.model.hold() });
  }

  async closeSnapshot(): Promise<void> {
    if (this.snapshots.length === 0) return;
    await this.pending.settled();
    const at = below(this.random, this.snapshots.length);
    const { reader, moment } = this.snapshots.splice(at, 1)[0]!;
    reader.close();
    this.model.release(moment);
    await expectClosed(() => reader.has(this.anyKey()));
    for (const scan of this.scans.filter((s) => s.reader === reader)) {
      await scan.expectClosed();
    }
    this.scans = this.scans.filter((scan) => scan.reader !== reader);
  }

  flush(): void {
    this.pending.add(this.db.flush());
  }

  compact(): void {
    if (this.random() < 0.7) return this.pending.add(this.db.compact());
    const controller = new AbortController();
    const reason = new Error("Enough");
    const compacted = this.db.compact({ signal: controller.signal });
    this.pending.add(compacted.catch((error) => {
      if (error !== reason) throw error;
    }));
    if (this.random() < 0.5) this.pending.add(this.db.compact());
    setImmediate(() => controller.abort(reason));
  }

  sync(): void {
    this.pending.add(this.db.sync());
  }

  /** Waits for all answers, and lets background work go on. */
  async wait(): Promise<void> {
    await this.pending.settled();
    this.#noteLevels();
    if (this.random() < 0.3) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  #newScan(at: { reader: KvReader<unknown, unknown>; moment: number }) {
    const { face, storage } = this.setting;
    const spec = randomScan(this.random, {
      key: () => this.#key(),
      canCutKeys: this.setting.canCutKeys,
      mayBeSync: storage.synchronous,
    });
    return new OpenScan({ ...at, face }, this.model, spec);
  }

  /** The engine, or one of the snapshots. */
  #reader(): { reader: KvReader<unknown, unknown>; moment: number } {
    if (this.snapshots.length > 0 && this.random() < 0.4) {
      return pick(this.random, this.snapshots);
    }
    return { reader: this.db, moment: this.model.moment };
  }

  /** Any key, as the engine has it. */
  protected anyKey(): unknown {
    return this.setting.face.keyOf(this.#key());
  }

  #expectValue(key: string, value: unknown, expected: string | undefined) {
    const text = value === undefined
      ? undefined
      : this.setting.face.textOfValue(value);
    if (text === expected) return;
    throw new Error(
      `value of ${shown(key)} is ${shown(text)}, not ${shown(expected)}`,
    );
  }

  #noteLevels(): void {
    const { levels } = this.db.stats();
    const deepest = levels.findLastIndex(({ segments }) => segments > 0);
    this.deepestLevel = Math.max(this.deepestLevel, deepest);
  }
}
