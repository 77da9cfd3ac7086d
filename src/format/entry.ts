import { DELETE, type EntryKind } from "./kind.ts";

const NO_BYTES = new Uint8Array(0);

/**
 * Where one entry lies: spans of buffers that belong to somebody else. A cursor or a lookup fills
 * the same view again and again, so that no object is made per entry; all views have one shape, so
 * that reading them stays fast. The spans hold until the owner of the view moves on.
 */
export class EntryView {
  keyBuffer: Uint8Array = NO_BYTES;
  keyOffset = 0;
  keyLength = 0;
  kind: EntryKind = DELETE;
  /** The sequence number of the write, or 0 if every snapshot may see the entry. */
  sequence = 0;
  valueBuffer: Uint8Array = NO_BYTES;
  valueOffset = 0;
  valueLength = 0;
}
