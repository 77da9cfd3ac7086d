import { DELETE, type EntryKind } from "./kind.ts";

const NO_BYTES = new Uint8Array(0);

/** What of entries is known to be ASCII: nothing, their values, or their keys as well. */
export type AsciiParts =
  | typeof NO_PARTS
  | typeof VALUES
  | typeof KEYS_AND_VALUES;
export const NO_PARTS = 0;
export const VALUES = 1;
export const KEYS_AND_VALUES = 2;

/** The entries that an entry lies among. */
export interface Neighbors {
  /** Finds out what of all of them is ASCII. */
  findAsciiParts(): AsciiParts;
  /** The text from `start` to `end` of the buffer that has them, where it is ASCII. */
  asciiText(start: number, end: number): string;
}

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
  #neighbors: Neighbors | undefined = undefined;
  #asciiParts: AsciiParts | undefined = undefined;

  /** Says among which entries this one lies, and those that follow it. */
  set neighbors(neighbors: Neighbors) {
    this.#neighbors = neighbors;
    this.#asciiParts = undefined;
  }

  set asciiParts(parts: AsciiParts) {
    this.#asciiParts = parts;
  }

  /** What of the entry is known to be ASCII. The neighbors are asked once for all of them. */
  get asciiParts(): AsciiParts {
    return this.#asciiParts ??= this.#neighbors?.findAsciiParts() ?? NO_PARTS;
  }

  /** The value of an entry that lies among others and is known to be ASCII, as text. */
  asciiValue(): string {
    const start = this.valueOffset;
    return this.#neighbors!.asciiText(start, start + this.valueLength);
  }
}
