import { FRAME_HEADER_BYTES } from "../format/log_format.ts";
import type { InspectionOptions, VerifyReport } from "../inspection/report.ts";
import { isPending } from "../storage/awaitable.ts";
import type { Storage } from "../storage/storage.ts";
import type { CheckpointOptions } from "./api/checkpoint.ts";
import type { KvEngine } from "./api/engine.ts";
import type { RangeOptions } from "./api/ranges.ts";
import type { KvStats } from "./api/stats.ts";
import type { KvBatch, WriteOptions } from "./api/writes.ts";
import {
  checkFlag,
  checkNames,
  checkProgressOptions,
  checkSignal,
  PROGRESS_NAMES,
} from "./call_options.ts";
import { type Codecs, Reader } from "./reader.ts";
import { checkSequence, RecordWriter } from "./record_writer.ts";
import { Snapshot } from "./snapshot.ts";
import { refuseNoStorage, type StorageAt } from "./storage_check.ts";
import type { Store } from "./store.ts";
import { verifyLive } from "./verify_live.ts";
import { WriteBatch } from "./write_batch.ts";

const WRITE_NAMES = ["sync"];
const COMPACT_NAMES = ["signal"];

/** A store with its codecs: what `open` answers with. */
export class Engine<K, V> extends Reader<K, V> implements KvEngine<K, V> {
  protected readonly maxSequence = Infinity;
  readonly #writer: RecordWriter<K, V>;
  readonly #storageAt: StorageAt;

  constructor(store: Store, codecs: Codecs<K, V>, storageAt: StorageAt) {
    super(store, codecs);
    this.#storageAt = storageAt;
    this.#writer = new RecordWriter(store, codecs);
  }

  get location(): string {
    return this.store.storage.location;
  }

  protected assertOpen(): void {
    this.store.assertOpen();
  }

  /** The same open store with other codecs for the same bytes. Whoever closes one closes both. */
  withCodecs<K2, V2>(codecs: Codecs<K2, V2>): Engine<K2, V2> {
    return new Engine(this.store, codecs, this.#storageAt);
  }

  put(key: K, value: V, options?: WriteOptions): Promise<void> {
    try {
      this.store.assertWritable();
      const sync = this.#isSync(options);
      this.#writer.put(key, value);
      return this.store.commit(sync);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  del(key: K, options?: WriteOptions): Promise<boolean> {
    try {
      this.store.assertWritable();
      const sync = this.#isSync(options);
      const existed = this.lookUp(key, () => true, false);
      // If the write is refused, nobody else hears of a read that fails.
      if (isPending(existed)) existed.catch(() => {});
      this.#writer.del(key);
      const committed = this.store.commit(sync);
      return isPending(existed)
        ? Promise.all([existed, committed]).then(([had]) => had)
        : committed.then(() => existed);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  delRange(range: RangeOptions<K>, options?: WriteOptions): Promise<void> {
    return this.#write(options, () => this.#writer.delRange(range));
  }

  clear(options?: WriteOptions): Promise<void> {
    return this.#write(options, () => this.#writer.clear());
  }

  #write(options: WriteOptions | undefined, add: () => void): Promise<void> {
    try {
      this.store.assertWritable();
      const sync = this.#isSync(options);
      add();
      return this.store.commit(sync);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  batch(): KvBatch<K, V> {
    this.store.assertWritable();
    const { maxKeySize, maxValueSize } = this.store.options;
    return new WriteBatch({
      codecs: this.codecs,
      maxKeySize,
      maxValueSize,
      commit: (records, count, options) =>
        this.#commitBatch(records, count, options),
    });
  }

  #commitBatch(
    records: Uint8Array,
    count: number,
    options: WriteOptions | undefined,
  ): Promise<void> {
    const { store } = this;
    store.assertWritable();
    const sync = this.#isSync(options);
    if (count > 0) {
      checkSequence(store.lastSequence + count);
      if (store.tables.active.table.arena.room < records.length) {
        store.makeRoom(records.length + FRAME_HEADER_BYTES);
      }
      store.tables.active.table.appendRecords(records, count);
      store.showRanges();
    }
    return store.commit(sync);
  }

  snapshot(): Snapshot<K, V> {
    this.assertOpen();
    return new Snapshot(this.store, this.codecs);
  }

  async flush(): Promise<void> {
    this.store.assertWritable();
    await this.store.flush();
  }

  async compact(
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    this.store.assertWritable();
    checkNames(options, COMPACT_NAMES, "compact");
    checkSignal(options.signal, "compact");
    await this.store.compact(options.signal);
  }

  async checkpoint(
    target: string | URL | Storage,
    options: CheckpointOptions = {},
  ): Promise<void> {
    this.assertOpen();
    checkProgressOptions(options, PROGRESS_NAMES, "make a checkpoint");
    const storage = await this.#storageAt(target);
    refuseNoStorage(storage, "make a checkpoint in");
    await this.store.checkpoint(storage, options);
  }

  async verify(options: InspectionOptions = {}): Promise<VerifyReport> {
    this.assertOpen();
    checkProgressOptions(options, PROGRESS_NAMES, "verify");
    return await this.store.track(verifyLive(this.store, options));
  }

  async sync(): Promise<void> {
    this.store.assertWritable();
    await this.store.sync();
  }

  stats(): KvStats {
    this.assertOpen();
    return this.store.stats();
  }

  close(): Promise<void> {
    return this.store.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #isSync(options: WriteOptions | undefined): boolean {
    const preset = this.store.options.sync;
    if (options === undefined) return preset;
    checkNames(options, WRITE_NAMES, "write");
    checkFlag(options.sync, "sync", "write");
    return options.sync ?? preset;
  }
}
