import { KvImportError } from "../../errors.ts";
import type {
  EntriesSource,
  ImportOptions,
  ImportResult,
} from "../api/transfer.ts";
import { EntriesReader } from "./entries_source.ts";
import { Pacer } from "../runtime/event_loop.ts";
import {
  BATCH_ENTRIES,
  importInBatches,
  type ImportTarget,
} from "./import_batches.ts";
import { Installation } from "./installation.ts";
import { Interruptible } from "../runtime/interruptible.ts";
import type { KeyspaceEntry } from "../keyspaces/catalogue.ts";
import type { Codecs } from "../codecs/codecs.ts";
import type { Segment } from "../state/segment.ts";
import { type BuiltSegments, SortedBuilder } from "./sorted_builder.ts";

/** What sorted entries are imported into. */
export interface SortedTarget<K, V> {
  readonly codecs: Codecs<K, V>;
  /** The keyspace whose prefix the codec of the keys sets. */
  readonly keyspace: KeyspaceEntry | undefined;
  /** Where the entries go, as bytes, if they cannot go into segments of their own. */
  readonly fallback: ImportTarget<Uint8Array, Uint8Array>;
}

/** Nothing is there before all is. */
const NOTHING = { entries: 0, bytes: 0 };

/**
 * Builds segments of a sorted source and installs them, or puts what is in them in batches if they
 * cannot be.
 */
export function importSorted<K, V>(
  target: SortedTarget<K, V>,
  source: EntriesSource<K, V>,
  options: ImportOptions,
): Promise<ImportResult> {
  const { store } = target.fallback;
  return store.track(new SortedImport(target, options).run(source));
}

class SortedImport<K, V> {
  readonly #target: SortedTarget<K, V>;
  readonly #options: ImportOptions;
  /** Aborted when the import is to end, for whatever reason. */
  readonly #signal: AbortSignal;
  readonly #builder: SortedBuilder<K, V>;

  constructor(target: SortedTarget<K, V>, options: ImportOptions) {
    const { store } = target.fallback;
    const { stopSignal } = store.background;
    const { signal } = options;
    this.#target = target;
    this.#options = options;
    this.#signal = signal === undefined
      ? stopSignal
      : AbortSignal.any([signal, stopSignal]);
    this.#builder = new SortedBuilder(store, target, this.#signal);
  }

  async run(source: EntriesSource<K, V>): Promise<ImportResult> {
    const built = await this.#build(source);
    const { progress } = this.#builder;
    const segments = built.infos.length;
    if (segments === 0) return { ...NOTHING, segments };
    const { fallback, keyspace } = this.#target;
    const installation = new Installation(fallback.store, built, {
      keyspace,
      signal: this.#signal,
    });
    try {
      if (await installation.run()) return { ...progress, segments };
      return await this.#putAll(installation.segments);
    } catch (error) {
      throw error instanceof KvImportError
        ? error
        : new KvImportError({ ...NOTHING, at: progress.entries }, error);
    } finally {
      if (!installation.mayBeNamed) {
        await installation.discard();
        await this.#builder.abandon();
      }
    }
  }

  async #build(source: EntriesSource<K, V>): Promise<BuiltSegments> {
    const interruptible = new Interruptible(this.#signal);
    const reader = new EntriesReader(source, interruptible);
    try {
      await this.#addAll(reader, interruptible);
      return await this.#builder.finish();
    } catch (error) {
      void reader.cancel(error);
      await this.#builder.abandon();
      throw new KvImportError({ ...NOTHING, at: reader.asked }, error);
    } finally {
      interruptible.end();
    }
  }

  async #addAll(
    reader: EntriesReader<K, V>,
    interruptible: Interruptible,
  ): Promise<void> {
    const { onProgress, batchSize = BATCH_ENTRIES } = this.#options;
    const pacer = new Pacer();
    let untold = 0;
    for (;;) {
      const step = reader.next();
      const entry = step instanceof Promise ? await step : step;
      if (entry === undefined) break;
      const added = this.#builder.add(entry);
      if (added !== undefined) await added;
      if (++untold === batchSize) {
        untold = 0;
        onProgress?.(this.#builder.progress);
      }
      if (pacer.isDue()) {
        await pacer.pause();
        interruptible.throwIfAborted();
      }
    }
    if (untold > 0) onProgress?.(this.#builder.progress);
  }

  async #putAll(segments: readonly Segment[]): Promise<ImportResult> {
    const { onProgress: _, ...options } = this.#options;
    return await importInBatches(
      this.#target.fallback,
      entriesOf(segments),
      options,
    );
  }
}

/** The entries of segments that follow one another. */
async function* entriesOf(
  segments: readonly Segment[],
): AsyncGenerator<[Uint8Array, Uint8Array]> {
  for (const { reader } of segments) {
    const cursor = reader.cursor({ maxSequence: Infinity, fillCache: false });
    const { entry } = cursor;
    for (let has = await cursor.seekToFirst(); has; has = await cursor.next()) {
      const { keyOffset, keyLength, valueOffset, valueLength } = entry;
      yield [
        entry.keyBuffer.slice(keyOffset, keyOffset + keyLength),
        entry.valueBuffer.slice(valueOffset, valueOffset + valueLength),
      ];
    }
  }
}
