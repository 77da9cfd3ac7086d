import { compareSpans } from "../../bytes/compare.ts";
import { hashSpan } from "../../bytes/hash.ts";
import type { Codec } from "../../codec/codec.ts";
import { isWritten } from "../../codec/written_length.ts";
import { EntryView } from "../../format/entry.ts";
import { PUT } from "../../format/kind.ts";
import type { Version } from "../../manifest/version.ts";
import type { Awaitable } from "../../storage/awaitable.ts";
import { RESERVED_BYTE } from "../keyspaces/layout.ts";
import type { ReadState } from "../state/read_state.ts";
import { refusedPart } from "../codecs/refused_part.ts";
import type { Segment } from "../state/segment.ts";

/**
 * The search for one key, with room of its own for the encoded key and the answer, so that on
 * storage that answers at once one object serves all searches and none is made per call.
 */
export class Lookup {
  /** What was found; it holds until the next search. */
  readonly entry: EntryView = new EntryView();
  #key: Uint8Array = new Uint8Array(256);
  #keyLength = 0;
  #hash = 0;
  /** Whether a codec is writing the key: one that reads the store needs another object. */
  isEncoding = false;

  /** Sets the key to be found. */
  setKey<K>(codec: Required<Codec<K>>, key: K): void {
    this.isEncoding = true;
    try {
      this.#keyLength = codec.encodeInto(key, this.#key, 0);
      if (!isWritten(this.#keyLength, this.#key.length)) {
        const encoded = codec.encode(key);
        this.#key = new Uint8Array(2 * encoded.length);
        this.#key.set(encoded);
        this.#keyLength = encoded.length;
      }
    } catch (error) {
      throw refusedPart("key", error);
    } finally {
      this.isEncoding = false;
    }
    this.#hash = hashSpan(this.#key, 0, this.#keyLength);
  }

  /** Whether the key is one of those that a store with keyspaces keeps for itself. */
  get isReserved(): boolean {
    return this.#key[0] === RESERVED_BYTE && this.#keyLength > 0;
  }

  /**
   * Finds the newest version of the key that is not newer than `maxSequence`. The places that may
   * have it are asked from the newest to the oldest, and the first that has it decides. Answers
   * whether the key has a value, which {@linkcode Lookup.entry} then shows.
   */
  find(state: ReadState, maxSequence: number): Awaitable<boolean> {
    if (state.hasRanges) return this.#findUncovered(state, maxSequence);
    const { tables } = state;
    for (let i = 0; i < tables.length; i++) {
      const table = tables[i]!;
      // To find nothing in an empty table costs as much as to find something in a full one: a wait
      // for memory.
      if (table.records === 0) continue;
      const found = table.find(
        this.#key,
        0,
        this.#keyLength,
        this.#hash,
        maxSequence,
        this.entry,
      );
      if (found) return this.entry.kind === PUT;
    }
    return this.#findInLevel(state, 0, 0, maxSequence, 0);
  }

  /**
   * The same where there are range tombstones: what is older than the newest one over the key is
   * passed over.
   */
  #findUncovered(state: ReadState, maxSequence: number): Awaitable<boolean> {
    const covered = state.newestRangeOver(
      this.#key,
      this.#keyLength,
      maxSequence,
    );
    const { entry } = this;
    for (const table of state.tables) {
      // Then all that is older is covered too: older tables, and segments, whose ceilings lie below
      // all tables.
      if (table.lastSequence < covered) return false;
      const found = table.findWithSequence(
        this.#key,
        this.#keyLength,
        this.#hash,
        maxSequence,
        entry,
      );
      if (found) return entry.kind === PUT && entry.sequence > covered;
    }
    return this.#findInLevel(state, 0, 0, maxSequence, covered);
  }

  /**
   * Goes on with segment `start` of level 0 or, where only one segment can have the key, with
   * `level`. Segments whose ceiling lies below `covered` have nothing that is to be seen. A deeper
   * one may have a higher ceiling all the same, and a newer entry: it is asked.
   *
   * No function in here needs its variables: those would be objects on the heap, made anew for each
   * level. Without them, and with the level that has the last segments known, gets of absent keys
   * take a quarter less in Bun, 8 to 15 % less in Node.
   */
  #findInLevel(
    state: ReadState,
    level: number,
    start: number,
    maxSequence: number,
    covered: number,
  ): Awaitable<boolean> {
    const { levels, deepestLevel } = state.live.version;
    if (level === 0) {
      const segments = levels[0]!;
      for (let i = start; i < segments.length; i++) {
        const segment = segments[i]!;
        if (covered > 0 && segment.ceiling < covered) continue;
        if (this.#liesBefore(segment)) continue;
        const found = this.#findInSegment(segment, maxSequence);
        if (found === false) continue;
        if (found === true) return this.entry.kind === PUT;
        return this.#wait(found, state, 0, i + 1, maxSequence, covered);
      }
    }
    for (let deeper = Math.max(level, 1); deeper <= deepestLevel; deeper++) {
      const segment = this.#segmentOf(state.live.version, deeper);
      if (segment === undefined) continue;
      if (covered > 0 && segment.ceiling < covered) continue;
      const found = this.#findInSegment(segment, maxSequence);
      if (found === false) continue;
      if (found === true) return this.entry.kind === PUT;
      return this.#wait(found, state, deeper + 1, 0, maxSequence, covered);
    }
    return false;
  }

  /** Waits for the answer of a segment; if it has nothing, goes on as `#findInLevel` does. */
  #wait(
    found: Promise<boolean>,
    state: ReadState,
    level: number,
    start: number,
    maxSequence: number,
    covered: number,
  ): Promise<boolean> {
    return found.then((has) =>
      has
        ? this.entry.kind === PUT
        : this.#findInLevel(state, level, start, maxSequence, covered)
    );
  }

  /**
   * The one segment of a level from 1 on that can have the key. It may begin behind it: its hash
   * index says so as fast as a comparison would.
   */
  #segmentOf(version: Version<Segment>, level: number): Segment | undefined {
    const i = version.lowerBound(level, this.#key, 0, this.#keyLength);
    return version.levels[level]![i];
  }

  /** Whether the key lies before all keys of a segment. */
  #liesBefore({ smallestKey }: Segment): boolean {
    return compareSpans(
      this.#key,
      0,
      this.#keyLength,
      smallestKey,
      0,
      smallestKey.length,
    ) < 0;
  }

  #findInSegment(
    { reader, visibleFrom }: Segment,
    maxSequence: number,
  ): Awaitable<boolean> {
    return visibleFrom <= maxSequence && reader.find(
      this.#key,
      0,
      this.#keyLength,
      this.#hash,
      maxSequence,
      this.entry,
    );
  }
}
