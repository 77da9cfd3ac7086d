import { KvError } from "../errors.ts";
import type { KvSnapshot } from "./api/reader.ts";
import { type Codecs, Reader } from "./reader.ts";
import type { Store } from "./store.ts";

/** A snapshot: reads as of the sequence number that it holds on to. */
export class Snapshot<K, V> extends Reader<K, V> implements KvSnapshot<K, V> {
  readonly sequence: number;
  protected readonly maxSequence: number;
  #isClosed = false;

  /** @param sequence The state to hold: the newest, or one that is held already. */
  constructor(
    store: Store,
    codecs: Codecs<K, V>,
    sequence: number = store.lastSequence,
  ) {
    super(store, codecs);
    this.sequence = sequence;
    this.maxSequence = sequence;
    store.snapshots.hold(sequence);
  }

  /** Another snapshot of the same state, with other codecs for the same bytes. Each is closed by itself. */
  withCodecs<K2, V2>(codecs: Codecs<K2, V2>): Snapshot<K2, V2> {
    this.assertOpen();
    return new Snapshot(this.store, codecs, this.sequence);
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
