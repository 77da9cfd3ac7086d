import type { KvKeyspace } from "./api/keyspace.ts";
import type { RangeOptions } from "./api/ranges.ts";
import type { WriteOptions } from "./api/batch.ts";
import type { KeyspaceEntry } from "./keyspaces/catalogue.ts";
import { registerHandle } from "./keyspaces/handles.ts";
import { BEFORE_ALL_WRITES } from "./keyspaces/layout.ts";
import { codecsBehind } from "./keyspaces/prefixed_codec.ts";
import type { Codecs } from "./codecs/codecs.ts";
import type { Store } from "./store/store.ts";
import type { WriteBatch } from "./write/write_batch.ts";
import { Writer } from "./writer.ts";

/**
 * One keyspace of a store: the same store through codecs that set a prefix, within the bounds of
 * that prefix.
 */
export class Keyspace<K, V> extends Writer<K, V> implements KvKeyspace<K, V> {
  readonly name: string;
  readonly #entry: KeyspaceEntry;

  constructor(store: Store, codecs: Codecs<K, V>, entry: KeyspaceEntry) {
    const stored = codecsBehind(codecs, entry.prefix);
    super(store, stored, entry);
    this.name = entry.name;
    this.#entry = entry;
    registerHandle(this, { store, entry, codecs: stored });
  }

  protected get maxSequence(): number {
    return this.#entry.isMade ? Infinity : BEFORE_ALL_WRITES;
  }

  protected assertOpen(): void {
    this.store.assertOpen();
    this.#entry.assertOpen();
  }

  protected override assertScanning(): void {
    this.store.assertOpen();
  }

  override put(key: K, value: V, options?: WriteOptions): Promise<void> {
    if (this.#entry.isMade) return super.put(key, value, options);
    return this.#commitOne((batch) => batch.put(key, value), options);
  }

  override del(key: K, options?: WriteOptions): Promise<boolean> {
    if (this.#entry.isMade) return super.del(key, options);
    return this.#commitOne((batch) => batch.del(key), options)
      .then(() => false);
  }

  override delRange(
    range: RangeOptions<K>,
    options?: WriteOptions,
  ): Promise<void> {
    if (this.#entry.isMade) return super.delRange(range, options);
    return this.#commitOne((batch) => batch.delRange(range), options);
  }

  override clear(options?: WriteOptions): Promise<void> {
    if (this.#entry.isMade) return super.clear(options);
    return this.#commitOne((batch) => batch.clear(), options);
  }

  override batch(...operations: readonly never[]): WriteBatch<K, V> {
    this.store.assertWritable();
    this.#entry.assertOpen();
    return super.batch(...operations);
  }

  /** The write that makes the keyspace. */
  #commitOne(
    add: (batch: WriteBatch<K, V>) => unknown,
    options: WriteOptions | undefined,
  ): Promise<void> {
    try {
      const batch = this.batch();
      add(batch);
      return batch.commit(options);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}
