/**
 * What the workloads need of an engine, with strings for keys and values. An engine that lacks a
 * method has no API for the workloads that need it.
 */

/** How a store is opened. */
export interface StoreOptions {
  /** Where it lies: a folder that is there. */
  readonly folder: string;
  /**
   * Whether a write is acknowledged, or {@linkcode BenchStore.untilDurable} is over, only after it
   * has reached the medium.
   */
  readonly sync: boolean;
  /** Memory for what is read from files, in bytes. */
  readonly cacheBytes: number;
  /** Memory for the newest writes, for engines that have such a thing, in bytes. */
  readonly memtableBytes: number;
  /** The most bytes of keys and values that the store will hold, for engines that must be told. */
  readonly rawBytes: number;
}

/** An engine that is loaded. */
export interface BenchEngine<Store extends BenchStore = BenchStore> {
  readonly name: string;
  readonly version: string;
  /** Whether it can acknowledge writes when they are durable. */
  readonly canSync: boolean;
  /** Names of its log files, if their size is what it has to read after a crash. */
  readonly logNames?: RegExp;
  /** How it is set up for these options, for whoever reads the figures. */
  describe(options: StoreOptions): string;
  /** Opens a store, making it if there is none. */
  open(options: StoreOptions): Store | Promise<Store>;
}

/** A call that is over at once, or a promise of its end. */
export type Done = Promise<unknown> | undefined | void;

/** Which entries a scan goes through. */
export interface ScanRange {
  /** The first key, or one just before it. Not together with `reverse`. */
  readonly from?: string;
  /** From the last key of the store to the first. */
  readonly reverse?: boolean;
  readonly limit?: number;
}

/**
 * Called for every entry of a scan. Engines go through their entries in the way that is fastest for
 * them.
 */
export type Visit = (key: string, value: string) => void;

/** Writes that happen together: those from `start` to before `end`. */
export interface BatchSpan {
  readonly keys: readonly string[];
  readonly values: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** An open store. */
export interface BenchStore {
  put(key: string, value: string): Done;
  putBatch(batch: BatchSpan): Done;
  del(key: string): Done;
  /**
   * Puts many entries whose keys ascend, none of which is there, as fast as the engine can; durable
   * in the end, if it can be.
   */
  load?(keys: readonly string[], values: readonly string[]): Done;
  /** Of engines that acknowledge synced writes before they are durable: until all so far are. */
  untilDurable?(): Done;
  getSync?(key: string): string | undefined;
  get?(key: string): Promise<string | undefined>;
  getMany?(
    keys: readonly string[],
  ): Promise<readonly (string | undefined)[]>;
  scanSync?(range: ScanRange, visit: Visit): void;
  scan?(range: ScanRange, visit: Visit): Promise<void>;
  /** Until background work is done and what was written lies where reads normally find it. */
  settle(): Done;
  /** Makes the store as small as the engine can. */
  compact?(): Done;
  close(): Done;
}

/** An engine that may be there or not. */
export interface EngineModule {
  readonly name: string;
  /** Loads it. Rejects with the reason if it cannot be had in this runtime. */
  load(packages: Packages): Promise<BenchEngine>;
}

/** Packages from npm, installed into a folder of their own. */
export interface Packages {
  /** The exports of a package; throws if it is not there or does not load. */
  require(name: string): unknown;
  version(name: string): string;
}
