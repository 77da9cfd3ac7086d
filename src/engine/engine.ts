import type { InspectionOptions, VerifyReport } from "../inspection/report.ts";
import {
  checkNames,
  checkProgressOptions,
  checkSignal,
  PROGRESS_NAMES,
} from "../option_values.ts";
import type { Storage } from "../storage/storage.ts";
import type { CheckpointOptions } from "./api/checkpoint.ts";
import type { KvEngine } from "./api/engine.ts";
import type { KvStats } from "./api/stats.ts";
import type { WriteOptions } from "./api/batch.ts";
import { addDrop } from "./write/batch_commit.ts";
import { makeCheckpoint } from "./checkpoint/checkpoint.ts";
import {
  type Codecs,
  type GivenCodecs,
  keyspaceCodecs,
} from "./codecs/codecs.ts";
import { untilAborted } from "./runtime/interruptible.ts";
import { Keyspace } from "./keyspace.ts";
import { encodeName } from "./keyspaces/catalogue_format.ts";
import { refuseNoStorage, type StorageAt } from "./files/storage_check.ts";
import type { Store } from "./store/store.ts";
import { verifyLive } from "./verify_live.ts";
import { Writer } from "./writer.ts";

const SIGNAL_NAMES = ["signal"];

/** A store with its codecs: what `open` answers with. */
export class Engine<K, V> extends Writer<K, V> implements KvEngine<K, V> {
  protected readonly maxSequence = Infinity;
  readonly #storageAt: StorageAt;

  constructor(store: Store, codecs: Codecs<K, V>, storageAt: StorageAt) {
    super(store, codecs);
    this.#storageAt = storageAt;
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

  keyspace<K2 = string, V2 = string>(
    name: string,
    options: GivenCodecs<K2, V2> = {},
  ): Keyspace<K2, V2> {
    this.assertOpen();
    const codecs = keyspaceCodecs(options);
    const entry = this.store.catalogue.entry(name, codecs);
    return new Keyspace(this.store, codecs, entry);
  }

  keyspaces(): string[] {
    this.assertOpen();
    return this.store.catalogue.names();
  }

  dropKeyspace(name: string, options?: WriteOptions): Promise<boolean> {
    const keyspace = this.store.catalogue.find(name);
    return this.write(options, () => {
      encodeName(name);
      if (keyspace !== undefined) addDrop(this.store, keyspace);
    }).then(() => keyspace !== undefined);
  }

  async flush(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.store.assertWritable();
    checkNames(options, SIGNAL_NAMES, "flush");
    checkSignal(options.signal, "flush");
    options.signal?.throwIfAborted();
    await untilAborted(this.store.flush(), options.signal);
  }

  async compact(
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    this.store.assertWritable();
    checkNames(options, SIGNAL_NAMES, "compact");
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
    await makeCheckpoint(this.store, storage, options);
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
}
