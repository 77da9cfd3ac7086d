import type { KvWriter } from "../../engine/api/writer.ts";
import { KvError, KvImportError } from "../../errors.ts";
import type { Awaitable } from "../../storage/awaitable.ts";
import { DataError } from "../failure.ts";
import type { EntryBytes } from "./entry.ts";

/** How entries are imported. */
export interface LoadOptions {
  /** Whether their keys ascend: then all of them are imported or none. */
  readonly sorted: boolean;
  readonly signal: AbortSignal;
}

/** Imports the entries of a file. */
export class EntryLoader {
  readonly #writer: KvWriter<Uint8Array, Uint8Array>;
  readonly #options: LoadOptions;
  /** Entries that are imported; after a failure, those that the store has. */
  loaded = 0;

  constructor(writer: KvWriter<Uint8Array, Uint8Array>, options: LoadOptions) {
    this.#writer = writer;
    this.#options = options;
  }

  /** Imports all entries; `onChunk` is called after each of the parts that they come in. */
  async load(
    chunks: AsyncIterable<Iterable<EntryBytes>>,
    onChunk: () => void,
  ): Promise<void> {
    try {
      const done = await this.#writer.importFrom(entriesOf(chunks, onChunk), {
        ...this.#options,
        onProgress: ({ entries }) => this.loaded = entries,
      });
      this.loaded = done.entries;
    } catch (error) {
      if (error instanceof KvImportError) this.loaded = error.entries;
      throw reasonOf(error);
    }
  }
}

/**
 * The entries of all chunks. Only for a chunk there is something to wait for: to wait for each
 * entry takes longer than all else.
 */
function entriesOf(
  chunks: AsyncIterable<Iterable<EntryBytes>>,
  onChunk: () => void,
): AsyncIterable<EntryBytes> {
  const parts = chunks[Symbol.asyncIterator]();
  const end = async (): Promise<Step> => {
    await parts.return?.();
    return { done: true, value: undefined };
  };
  let entries: Iterator<EntryBytes> | undefined;

  function next(): Awaitable<Step> {
    try {
      const step = entries?.next();
      return step === undefined || step.done ? nextChunk() : step;
    } catch (error) {
      void end();
      throw error;
    }
  }

  async function nextChunk(): Promise<Step> {
    if (entries !== undefined) onChunk();
    const { done, value } = await parts.next();
    if (done) return { done, value: undefined };
    entries = value[Symbol.iterator]();
    return await next();
  }

  const items = { next, return: end } as AsyncIterator<EntryBytes>;
  return { [Symbol.asyncIterator]: () => items };
}

type Step = IteratorResult<EntryBytes, undefined>;

/**
 * What made an import end: an error of the file as it is, one of the store, or an entry that it
 * does not take.
 */
function reasonOf(error: unknown): unknown {
  if (!(error instanceof KvImportError)) return error;
  const { code, message, cause } = error;
  if (!(cause instanceof KvError)) return cause;
  return code === "KV_INVALID_ARGUMENT"
    ? new DataError(message, { cause })
    : cause;
}
