import type { KvEngine, KvIterator, KvSnapshot } from "../../mod.ts";
import { expectEntries } from "./expect.ts";
import { violate } from "./failure.ts";
import type { Entry } from "./history.ts";
import type { Face } from "./workloads.ts";

interface OpenScan {
  readonly scan: KvIterator<[unknown, unknown]>;
  readonly entries: readonly Entry[];
  taken: number;
}

/** Snapshots and scans that are open, each with what it has to show whatever happens meanwhile. */
export class Views {
  readonly #db: KvEngine<unknown, unknown>;
  readonly #face: Face;
  readonly #snapshots: {
    readonly snapshot: KvSnapshot<unknown, unknown>;
    readonly entries: readonly Entry[];
  }[] = [];
  readonly #scans: OpenScan[] = [];

  constructor(db: KvEngine<unknown, unknown>, face: Face) {
    this.#db = db;
    this.#face = face;
  }

  takeSnapshot(entries: readonly Entry[]): void {
    this.#snapshots.push({ snapshot: this.#db.snapshot(), entries });
  }

  /** Looks through the oldest snapshot and lets go of it. */
  async readSnapshot(): Promise<void> {
    const oldest = this.#snapshots.shift();
    if (oldest === undefined) return;
    using snapshot = oldest.snapshot;
    await expectEntries(snapshot, oldest.entries, {
      face: this.#face,
      reverse: oldest.entries.length % 2 === 0,
      sync: false,
      what: "a snapshot",
    });
  }

  openScan(entries: readonly Entry[]): void {
    this.#scans.push({ scan: this.#db.scan(), entries, taken: 0 });
  }

  /** Takes a few steps of the oldest scan. One that fails has come to its end. */
  async stepScan(): Promise<void> {
    const oldest = this.#scans[0];
    try {
      for (let i = 0; oldest !== undefined && i < 3; i++) {
        await this.#step(oldest);
      }
    } catch (error) {
      this.#scans.shift();
      throw error;
    }
  }

  async #step(open: OpenScan): Promise<void> {
    const expected = open.entries[open.taken++];
    const { done, value } = await open.scan.next();
    const found = done ? undefined : this.#face.textOfKey(value[0]);
    if (found !== expected?.[0]) {
      violate(`an open scan: found ${found}, expected ${expected?.[0]}`);
    }
  }

  async endScan(): Promise<void> {
    await this.#scans.shift()?.scan.return();
  }

  /** Looks through all snapshots and lets go of everything. */
  async close(): Promise<void> {
    while (this.#snapshots.length > 0) await this.readSnapshot();
    while (this.#scans.length > 0) await this.endScan();
  }
}
