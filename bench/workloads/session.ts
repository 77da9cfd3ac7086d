import { mkdirSync, rmSync } from "node:fs";
import { Data } from "../common/data.ts";
import { folderBytes } from "../common/measure.ts";
import { rawBytes, type Sizes } from "../common/sizes.ts";
import type {
  BenchEngine,
  BenchStore,
  StoreOptions,
} from "../engines/engine.ts";
import { Ledger } from "./ledger.ts";

/** The MemTable of a store, unless a workload says otherwise, in bytes. */
export const MEMTABLE_BYTES: number = 16 << 20;

/**
 * What the store holds: nothing, part of the keys or others, all keys in decimal order, or all keys
 * of YCSB.
 */
export type Contents = "none" | "some" | "full" | "ycsb";

/** What a workload may change about a store that it begins with. */
export type Tuning = Partial<
  Pick<StoreOptions, "sync" | "cacheBytes" | "memtableBytes">
>;

/** An engine and the store that workloads share. */
export class Session<Store extends BenchStore = BenchStore> {
  readonly engine: BenchEngine<Store>;
  readonly folder: string;
  readonly sizes: Sizes;
  readonly data: Data;
  #store: Store | undefined;
  /** How the store differs from others. */
  tuning: Tuning = {};
  contents: Contents = "none";
  /** How often each of the keys has been written. */
  generation = 0;
  /** What the records of YCSB hold. */
  ledger: Ledger = new Ledger(0);
  /** What was done to the store, in a word. */
  state = "empty";

  constructor(engine: BenchEngine<Store>, folder: string, sizes: Sizes) {
    this.engine = engine;
    this.folder = folder;
    this.sizes = sizes;
    this.data = new Data(sizes);
  }

  get store(): Store {
    if (this.#store === undefined) throw new Error("The store is not open");
    return this.#store;
  }

  get options(): StoreOptions {
    return {
      folder: this.folder,
      sync: false,
      cacheBytes: this.sizes.cache,
      memtableBytes: MEMTABLE_BYTES,
      rawBytes: rawBytes(this.sizes),
      ...this.tuning,
    };
  }

  /** Begins anew with an empty store. */
  async reset(tuning: Tuning = {}): Promise<void> {
    await this.clear();
    this.tuning = tuning;
    await this.open();
  }

  /** Closes the store and leaves an empty folder. */
  async clear(): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.contents = "none";
    this.generation = 0;
    this.state = "empty";
    this.tuning = {};
  }

  /** Opens the store that is in the folder. */
  async open(): Promise<void> {
    this.#store = await this.engine.open(this.options);
  }

  async settle(): Promise<void> {
    await this.store.settle();
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    await store?.close();
  }

  /** Size of the store, in bytes. */
  bytesOnDisk(): number {
    return folderBytes(this.folder);
  }

  /** Notes that so many different keys have been put once more. */
  notePuts(count: number, generation: number): void {
    this.contents = count === this.data.num ? "full" : "some";
    this.generation = generation;
    this.state = generation === 1 ? "as filled" : "as overwritten";
  }
}
