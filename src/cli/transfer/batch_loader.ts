import type { KvBatch } from "../../engine/api/writes.ts";
import { KvError } from "../../errors.ts";
import { DataError } from "../failure.ts";
import type { WritableStore } from "../open_store.ts";
import type { EntryBytes } from "./entry.ts";

/** Where a batch ends. Larger ones are no faster. */
const BATCH_ENTRIES = 1000;
const BATCH_BYTES = 1024 * 1024;

/**
 * Puts many entries, in batches that are waited for, so that no more of them are in memory than the
 * engine takes.
 */
export class BatchLoader {
  readonly #store: WritableStore;
  #batch: KvBatch<Uint8Array, Uint8Array> | undefined;
  #batchBytes = 0;
  /** Entries that the store has. */
  loaded = 0;

  constructor(store: WritableStore) {
    this.#store = store;
  }

  /** Adds all entries; `onChunk` is called after each of the parts that they come in. */
  async load(
    chunks: AsyncIterable<Iterable<EntryBytes>>,
    onChunk: () => void,
  ): Promise<void> {
    for await (const entries of chunks) {
      for (const entry of entries) {
        const adding = this.#add(entry);
        if (adding !== undefined) await adding;
      }
      onChunk();
    }
  }

  /** Adds an entry. Answers with something to wait for if that fills a batch. */
  #add([key, value]: EntryBytes): Promise<void> | undefined {
    const batch = this.#batch ??= this.#store.reader.batch();
    try {
      batch.put(key, value);
    } catch (error) {
      const number = this.loaded + batch.size + 1;
      throw refused(number, error);
    }
    this.#batchBytes += key.length + value.length;
    return batch.size >= BATCH_ENTRIES || this.#batchBytes >= BATCH_BYTES
      ? this.#commit()
      : undefined;
  }

  /** Puts the last batch, and makes everything durable. */
  async finish(): Promise<void> {
    await this.#commit();
    await this.#store.engine.sync();
  }

  async #commit(): Promise<void> {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    this.#batchBytes = 0;
    await batch.commit({ sync: false });
    this.loaded += batch.size;
  }
}

/**
 * The error for an entry that the engine does not take, such as one with a key that is too long.
 */
function refused(number: number, error: unknown): unknown {
  if (!(error instanceof KvError) || error.code !== "KV_INVALID_ARGUMENT") {
    return error;
  }
  return new DataError(`Cannot load entry ${number}: ${error.message}`, {
    cause: error,
  });
}
