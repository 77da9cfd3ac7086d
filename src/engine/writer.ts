import { bytes } from "../codec/bytes.ts";
import { invalidArgument } from "../errors.ts";
import { checkFlag, checkNames } from "../option_values.ts";
import { isPending } from "../storage/awaitable.ts";
import type { RangeOptions } from "./api/ranges.ts";
import type {
  EntriesSource,
  ImportOptions,
  ImportResult,
} from "./api/transfer.ts";
import type { KvWriter } from "./api/writer.ts";
import type { WriteOptions } from "./api/batch.ts";
import { addBatch } from "./write/batch_commit.ts";
import { checkImport } from "./import/entries_source.ts";
import { importInBatches } from "./import/import_batches.ts";
import { importSorted } from "./import/import_sorted.ts";
import type { KeyspaceEntry } from "./keyspaces/catalogue.ts";
import type { Codecs } from "./codecs/codecs.ts";
import { Reader } from "./read/reader.ts";
import { RecordWriter } from "./write/record_writer.ts";
import { Snapshot } from "./read/snapshot.ts";
import type { Store } from "./store/store.ts";
import { WriteBatch } from "./write/write_batch.ts";

const WRITE_NAMES = ["sync"];

/** Reads and writes with the codecs of a store or of a keyspace: what both have in common. */
export abstract class Writer<K, V> extends Reader<K, V>
  implements KvWriter<K, V> {
  readonly #writer: RecordWriter<K, V>;

  constructor(store: Store, codecs: Codecs<K, V>, keyspace?: KeyspaceEntry) {
    super(store, codecs, keyspace);
    this.#writer = new RecordWriter(store, codecs, keyspace);
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
    return this.write(options, () => this.#writer.delRange(range));
  }

  clear(options?: WriteOptions): Promise<void> {
    return this.write(options, () => this.#writer.clear());
  }

  /** Adds to the MemTable and answers with the acknowledgement. */
  protected write(
    options: WriteOptions | undefined,
    add: () => void,
  ): Promise<void> {
    try {
      return this.#writeOrThrow(options, add);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #writeOrThrow(
    options: WriteOptions | undefined,
    add: () => void,
  ): Promise<void> {
    this.store.assertWritable();
    const sync = this.#isSync(options);
    add();
    return this.store.commit(sync);
  }

  batch(...operations: readonly never[]): WriteBatch<K, V> {
    if (operations.length > 0) {
      throw invalidArgument(
        "Cannot start a batch: batch() takes no operations; chain put and del on what it returns, then commit",
      );
    }
    return this.#batch(this.codecs);
  }

  #batch<K2, V2>(codecs: Codecs<K2, V2>): WriteBatch<K2, V2> {
    const { store } = this;
    store.assertWritable();
    const { maxKeySize, maxValueSize } = store.options;
    return new WriteBatch({
      store,
      maxKeySize,
      maxValueSize,
      defaultRange: () => store.catalogue.rangeOfDefault(store.lastSequence),
      commit: (records, options) =>
        this.#writeOrThrow(options, () => addBatch(store, records)),
    }, { codecs, keyspace: this.keyspaceEntry });
  }

  async importFrom(
    source: EntriesSource<K, V>,
    options: ImportOptions = {},
  ): Promise<ImportResult> {
    const { store, codecs, keyspaceEntry: keyspace } = this;
    store.assertWritable();
    keyspace?.assertOpen();
    checkImport(source, options);
    options.signal?.throwIfAborted();
    if (options.sorted !== true) {
      const target = { store, batch: () => this.batch() };
      return await importInBatches(target, source, options);
    }
    const fallback = {
      store,
      batch: () => this.#batch({ keys: bytes, values: bytes }),
    };
    const target = { codecs, keyspace, fallback };
    return await importSorted(target, source, options);
  }

  snapshot(): Snapshot<K, V> {
    this.assertOpen();
    return new Snapshot(this.store, this.codecs, {
      keyspace: this.keyspaceEntry,
    });
  }

  #isSync(options: WriteOptions | undefined): boolean {
    const preset = this.store.options.sync;
    if (options === undefined) return preset;
    checkNames(options, WRITE_NAMES, "write");
    checkFlag(options.sync, "sync", "write");
    return options.sync ?? preset;
  }
}
