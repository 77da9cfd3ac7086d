import { open, type OpenOptions } from "../../../mod.ts";
import { below, pick } from "../../codec/random.ts";
import { expectLiveFilesOnly } from "../live_files.ts";
import { expectClosed, expectSame } from "./expect.ts";
import { OpenScan } from "./open_scan.ts";
import { Operations } from "./operations.ts";

/** How many answers may be waited for at once. */
const MOST_PENDING = 48;

/** Operations by how often they happen. */
const WEIGHTS = {
  put: 3500,
  del: 1400,
  delRange: 100,
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
  reopen: 4,
};

type OperationName = keyof typeof WEIGHTS;

/** One for each weight: where it ends, and its operation. */
const LOTS = Object.entries(WEIGHTS).reduce<[number, OperationName][]>(
  (lots, [name, weight]) => [
    ...lots,
    [(lots.at(-1)?.[0] ?? 0) + weight, name as OperationName],
  ],
  [],
);

/** Random operations on an engine that is closed and opened again and again; every answer is compared. */
export class ModelRun extends Operations {
  /** The operation that is going on. */
  operationName: OperationName = "reopen";
  reopened = 0;

  /** Runs `count` operations and closes the store. */
  async run(count: number): Promise<void> {
    await this.#open();
    while (this.operation < count) {
      this.operation++;
      const lot = below(this.random, LOTS.at(-1)![0]);
      this.operationName = LOTS.find(([end]) => lot < end)![1];
      this.pending.label = `${this.operation} (${this.operationName})`;
      const done = this[this.operationName]();
      if (done !== undefined) await done;
      if (this.pending.count >= MOST_PENDING) await this.wait();
    }
    await this.reopen();
    await this.#close();
  }

  async #open(): Promise<void> {
    const { storage, face, options } = this.setting;
    const chosen: OpenOptions<unknown, unknown> = {
      ...pick(this.random, options),
      keys: face.keys,
      values: face.values,
    };
    this.db = await open(storage, chosen);
  }

  /** Closes the store, with scans and snapshots open or not, and opens it with other options. */
  async reopen(): Promise<void> {
    this.reopened++;
    await this.#close();
    if (this.random() < 0.2) await this.#readOnly();
    await this.#open();
    await this.#compareAll();
  }

  async #close(): Promise<void> {
    await this.wait();
    while (this.scans.length > 0 && this.random() < 0.5) this.endScan();
    // What was asked for before `close` is done before it.
    for (let i = below(this.random, 4); i > 0; i--) this.put();
    if (this.random() < 0.3) this.get();
    if (this.random() < 0.3) this.flush();
    const db = this.db;
    this.pending.add(db.close());
    this.pending.add(db.close());
    await this.pending.settled();
    await expectClosed(() => db.get(this.anyKey()));
    await expectClosed(() => db.put(this.anyKey(), undefined));
    await this.#leaveReaders();
    const { storage, leftOpen } = this.setting;
    await expectLiveFilesOnly(storage);
    expectSame(leftOpen().join(), "", "files open after close");
  }

  /** Scans and snapshots that were open at `close` are of no use any more, and do no harm. */
  async #leaveReaders(): Promise<void> {
    for (const scan of this.scans) await scan.expectClosed();
    for (const { reader, moment } of this.snapshots) {
      await expectClosed(() => reader.get(this.anyKey()));
      reader.close();
      this.model.release(moment);
    }
    this.scans = [];
    this.snapshots = [];
  }

  /** A store that is opened to be read has all, and leaves every file as it is. */
  async #readOnly(): Promise<void> {
    const { storage, face } = this.setting;
    const before = (await storage.list()).sort().join();
    this.db = await open(storage, {
      keys: face.keys,
      values: face.values,
      readOnly: true,
    });
    await this.#compareAll();
    await this.db.close();
    const after = (await storage.list()).sort().join();
    expectSame(after, before, "files after opening with readOnly");
  }

  /** Compares the whole store with the model. */
  async #compareAll(): Promise<void> {
    const { face } = this.setting;
    const scan = new OpenScan(
      { reader: this.db, moment: this.model.moment, face },
      this.model,
      {
        kind: "scan",
        range: {},
        reverse: this.random() < 0.5,
        limit: Infinity,
      },
    );
    await scan.drain();
  }
}
