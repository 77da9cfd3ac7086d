import { KvError, KvImportError } from "../../errors.ts";
import type {
  EntriesSource,
  ImportOptions,
  ImportResult,
  TransferProgress,
} from "../api/transfer.ts";
import { EntriesReader } from "./entries_source.ts";
import { Interruptible } from "../runtime/interruptible.ts";
import type { Store } from "../store/store.ts";
import type { WriteBatch } from "../write/write_batch.ts";

/** Where a batch ends. Larger ones are no faster. */
export const BATCH_ENTRIES = 1000;
const BATCH_BYTES = 1024 * 1024;

/**
 * Every so many bytes the entries so far are made durable, so that it is known how many of them
 * are, whatever happens next.
 */
const SYNC_BYTES = 16 * 1024 * 1024;

/** What entries are imported into. */
export interface ImportTarget<K, V> {
  readonly store: Store;
  /** Begins a batch. */
  batch(): WriteBatch<K, V>;
}

/**
 * Puts the entries of `source`, in batches that are waited for, so that no more of them are in
 * memory than the engine takes.
 */
export async function importInBatches<K, V>(
  target: ImportTarget<K, V>,
  source: EntriesSource<K, V>,
  options: ImportOptions,
): Promise<ImportResult> {
  const interruptible = new Interruptible(options.signal);
  const loader = new BatchLoader(target, options);
  try {
    const reader = new EntriesReader(source, interruptible);
    try {
      await load(reader, loader, interruptible);
    } catch (error) {
      void reader.cancel(error);
      const done = await loader.salvage(error);
      throw new KvImportError({ ...done, at: reader.asked }, error);
    }
    return { ...loader.written, segments: 0 };
  } finally {
    interruptible.end();
  }
}

async function load<K, V>(
  reader: EntriesReader<K, V>,
  loader: BatchLoader<K, V>,
  interruptible: Interruptible,
): Promise<void> {
  for (;;) {
    const step = reader.next();
    const entry = step instanceof Promise ? await step : step;
    if (entry === undefined) break;
    if (!loader.add(entry)) continue;
    await loader.commit();
    interruptible.throwIfAborted();
  }
  await loader.commit();
  await loader.makeDurable();
}

/** Gathers entries into batches and keeps count of what has become of them. */
class BatchLoader<K, V> {
  readonly #target: ImportTarget<K, V>;
  readonly #options: ImportOptions;
  readonly #batchSize: number;
  readonly #isSync: boolean;
  #batch: WriteBatch<K, V> | undefined;
  #written: TransferProgress = { entries: 0, bytes: 0 };
  #durable: TransferProgress = { entries: 0, bytes: 0 };

  constructor(target: ImportTarget<K, V>, options: ImportOptions) {
    this.#target = target;
    this.#options = options;
    this.#batchSize = options.batchSize ?? BATCH_ENTRIES;
    this.#isSync = options.sync ?? target.store.options.sync;
  }

  /** What was acknowledged. */
  get written(): TransferProgress {
    return this.#written;
  }

  /** Adds an entry; answers whether the batch is to be committed. */
  add([key, value]: readonly [K, V]): boolean {
    const batch = this.#batch ??= this.#target.batch();
    batch.put(key, value);
    return batch.size >= this.#batchSize || batch.payloadBytes >= BATCH_BYTES;
  }

  /** Writes the batch that there is. */
  async commit(): Promise<void> {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    const { size, payloadBytes } = batch;
    await batch.commit({ sync: false });
    const { entries, bytes } = this.#written;
    this.#written = { entries: entries + size, bytes: bytes + payloadBytes };
    if (this.#written.bytes - this.#durable.bytes >= SYNC_BYTES) {
      await this.makeDurable();
    }
    this.#options.onProgress?.(this.#written);
  }

  /** Makes durable what is written, if that is asked for. */
  async makeDurable(): Promise<void> {
    if (!this.#isSync) return;
    const written = this.#written;
    await this.#target.store.sync();
    this.#durable = written;
  }

  /**
   * After a failure: writes what has been read, if the store takes it, and answers what the store
   * has.
   */
  async salvage(error: unknown): Promise<TransferProgress> {
    try {
      // What has failed in the store would only fail again.
      if (!isOfStore(error)) await this.commit();
      await this.makeDurable();
    } catch {
      // It is durable as far as it was before.
    }
    return this.#isSync ? this.#durable : this.#written;
  }
}

function isOfStore(error: unknown): boolean {
  return error instanceof KvError && error.code !== "KV_INVALID_ARGUMENT";
}
