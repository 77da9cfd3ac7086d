import { equalSpans } from "../bytes/compare.ts";
import type { EntryView } from "../format/entry.ts";
import { DELETE } from "../format/kind.ts";
import { stripeOf } from "../format/stripe.ts";

/** What a {@linkcode Retention} needs to know of the world around the merge. */
export interface RetentionOptions {
  /** Sequence numbers of the live snapshots, ascending. */
  readonly snapshots: readonly number[];
  /** Whether anything older than the merged entries, and not among them, may hold the key. */
  readonly mayHoldBelow: (
    buffer: Uint8Array,
    offset: number,
    length: number,
  ) => boolean;
}

/**
 * Decides which entries of a merge are kept. The entries come by ascending key, the versions of one
 * key from the newest to the oldest.
 *
 * Live snapshots cut the sequence numbers into stripes. Entries of one key in one stripe are seen
 * by the same snapshots, and all of these see the newest.
 *
 * 1. An entry is dropped if a newer one of its key lies in the same stripe.
 * 2. A tombstone in stripe 0, where every snapshot sees it, is dropped if nothing older than the
 *    merge may hold its key.
 * 3. What is kept in stripe 0 gets the sequence number 0: visible to all. Such an entry may lie
 *    above one that is older and still has a sequence number, which is why the order of versions is
 *    that of their sources and never that of sequence numbers.
 */
export class Retention {
  readonly #snapshots: readonly number[];
  readonly #mayHoldBelow: RetentionOptions["mayHoldBelow"];
  #key: Uint8Array = new Uint8Array(64);
  /** Length of the key that was seen last; -1 before the first. */
  #keyLength = -1;
  #stripe = 0;

  constructor(options: RetentionOptions) {
    this.#snapshots = options.snapshots;
    this.#mayHoldBelow = options.mayHoldBelow;
  }

  /** Whether to keep `entry`, whose sequence number may be set to 0. */
  admit(entry: EntryView): boolean {
    const stripe = stripeOf(this.#snapshots, entry.sequence);
    const { keyBuffer, keyOffset, keyLength } = entry;
    if (
      equalSpans(
        this.#key,
        0,
        this.#keyLength,
        keyBuffer,
        keyOffset,
        keyLength,
      )
    ) {
      if (stripe >= this.#stripe) return false;
    } else {
      this.#remember(keyBuffer, keyOffset, keyLength);
    }
    this.#stripe = stripe;
    if (stripe > 0) return true;
    entry.sequence = 0;
    return entry.kind !== DELETE ||
      this.#mayHoldBelow(keyBuffer, keyOffset, keyLength);
  }

  /** Copies a key, because the buffer that it lies in is used again. */
  #remember(buffer: Uint8Array, offset: number, length: number): void {
    if (length > this.#key.length) this.#key = new Uint8Array(2 * length);
    const key = this.#key;
    // For keys of common length a loop is faster than a view made for the copy.
    for (let i = 0; i < length; i++) key[i] = buffer[offset + i]!;
    this.#keyLength = length;
  }
}
