import { KvError } from "../errors.ts";
import type { KvSnapshot } from "./api/reader.ts";
import { type Codecs, Reader } from "./reader.ts";
import type { Store } from "./store.ts";

/** A snapshot: reads as of the sequence number that it holds on to. */
export class Snapshot<K, V> extends Reader<K, V> implements KvSnapshot<K, V> {
  readonly sequence: number;
  protected readonly maxSequence: number;
  #isClosed = false;

  constructor(store: Store, codecs: Codecs<K, V>) {
    super(store, codecs);
    this.sequence = store.lastSequence;
    this.maxSequence = this.sequence;
    store.snapshots.hold(this.sequence);
  }

  protected assertOpen(): void {
    this.store.assertOpen();
    if (this.#isClosed) {
      throw new KvError("KV_CLOSED", "Cannot use the snapshot: it is closed");
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.store.snapshots.release(this.sequence);
    this.store.wakeBackground();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
