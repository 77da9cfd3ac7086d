import { compareBytes } from "../../bytes/compare.ts";
import { invalidArgument, KvError } from "../../errors.ts";
import type { KeyRange } from "../../format/key_range.ts";
import { refuseOtherCodec } from "../codecs/codecs.ts";
import type { CatalogueEntries } from "./catalogue_entries.ts";
import {
  damagedCatalogue,
  decodeKeyspace,
  decodeName,
  decodeNextId,
  encodeName,
  type KeyspaceRecord,
} from "./catalogue_format.ts";
import { prefixOf, rangeBehind, RESERVED_START } from "./layout.ts";

const ALL_KEYS: KeyRange = { lower: undefined, upper: undefined };
const BELOW_KEYSPACES: KeyRange = { lower: undefined, upper: RESERVED_START };

/** The codecs that a keyspace is asked for with, of which the names count. */
export interface NamedCodecs {
  readonly keys: { readonly name: string };
  readonly values: { readonly name: string };
}

/**
 * A keyspace as the engine knows it: one that is there, one that its first write will make, one
 * that never will be, since one with other codecs was made of its name, or one that was dropped.
 */
export class KeyspaceEntry implements KeyspaceRecord {
  readonly name: string;
  readonly id: number;
  readonly keyCodec: string;
  readonly valueCodec: string;
  /** In front of all its keys. */
  readonly prefix: Uint8Array;
  /** All its keys. */
  readonly range: KeyRange;
  /** Sequence number of a write that came before all in it; `Infinity` until it is made. */
  madeAt: number;
  isDropped = false;
  /** What was made of the same name with other codecs: nothing is ever in this one then. */
  madeInstead: KeyspaceEntry | undefined;

  constructor(name: string, record: KeyspaceRecord, madeAt: number) {
    this.name = name;
    this.id = record.id;
    this.keyCodec = record.keyCodec;
    this.valueCodec = record.valueCodec;
    this.prefix = prefixOf(record.id);
    this.range = rangeBehind(this.prefix);
    this.madeAt = madeAt;
  }

  /** Whether it is in the catalogue. */
  get isMade(): boolean {
    return this.madeAt < Infinity && !this.isDropped;
  }

  /**
   * Throws `KV_CLOSED` once it was dropped, and `KV_INVALID_ARGUMENT` once another of its name was
   * made.
   */
  assertOpen(): void {
    if (this.madeInstead !== undefined) {
      throw otherCodecs(this, this.madeInstead);
    }
    if (!this.isDropped) return;
    throw new KvError(
      "KV_CLOSED",
      `Cannot use keyspace ${this.name}: it was dropped; ask the store for it again`,
    );
  }
}

/** The keyspaces of a store, in memory. */
export class Catalogue {
  /** Those that there are. */
  readonly #made = new Map<string, KeyspaceEntry>();
  /**
   * Those that are not there, one for each pair of codecs that was asked for: which of them a
   * keyspace has, its first write says.
   */
  readonly #planned = new Map<string, KeyspaceEntry[]>();
  #nextId = 1;
  /**
   * Sequence number from which on keys that begin with `FF` are those of keyspaces; `Infinity` as
   * long as there are none.
   */
  #reservedAt = Infinity;
  /** Whether the default keyspace has, or had, keys that begin with `FF`. */
  hasReservedKeys = false;

  /** The catalogue of a store that is opened. */
  static from(entries: CatalogueEntries): Catalogue {
    const catalogue = new Catalogue();
    if (entries.isCatalogue) catalogue.#load(entries);
    else catalogue.hasReservedKeys = entries.hasReservedKeys;
    return catalogue;
  }

  #load(entries: CatalogueEntries): void {
    this.#reservedAt = 0;
    let nextId: number | undefined;
    const ids = new Set<number>();
    for (const [encodedName, value] of entries) {
      if (encodedName.length === 0) {
        nextId = decodeNextId(value);
        continue;
      }
      const name = decodeName(encodedName);
      const record = decodeKeyspace(value, name);
      if (ids.has(record.id)) {
        throw damagedCatalogue(`keyspace ${name} has the id of another`);
      }
      ids.add(record.id);
      this.#made.set(name, new KeyspaceEntry(name, record, 0));
    }
    // A repair may have lost the head.
    const least = Math.max(0, ...ids) + 1;
    if (nextId !== undefined && nextId < least) {
      throw damagedCatalogue(
        `the next id is ${nextId}, but ${least - 1} is in use`,
      );
    }
    this.#nextId = nextId ?? least;
  }

  /** The id that the next keyspace will have. */
  get nextId(): number {
    return this.#nextId;
  }

  /** How many keyspaces there are. */
  get size(): number {
    return this.#made.size;
  }

  /** The names of the keyspaces that there are, in the order of their bytes. */
  names(): string[] {
    return [...this.#made.keys()]
      .map((name) => ({ name, bytes: encodeName(name) }))
      .sort((a, b) => compareBytes(a.bytes, b.bytes))
      .map(({ name }) => name);
  }

  /** The keyspace that is called so, if there is one. */
  find(name: string): KeyspaceEntry | undefined {
    return this.#made.get(name);
  }

  /**
   * The keyspace that is called so; if there is none, one that its first write will make. Throws
   * `KV_INVALID_ARGUMENT` for other codecs than it was made with.
   */
  entry(name: string, codecs: NamedCodecs): KeyspaceEntry {
    const made = this.#made.get(name);
    if (made === undefined) return this.#plan(name, codecs);
    refuseOtherCodecs(made, codecs);
    return made;
  }

  #plan(name: string, { keys, values }: NamedCodecs): KeyspaceEntry {
    const planned = this.#planned.get(name) ?? [];
    const known = planned.find((entry) =>
      entry.keyCodec === keys.name && entry.valueCodec === values.name
    );
    if (known !== undefined) return known;
    encodeName(name);
    const id = this.#nextId++;
    const record = { id, keyCodec: keys.name, valueCodec: values.name };
    const entry = new KeyspaceEntry(name, record, Infinity);
    this.#planned.set(name, [...planned, entry]);
    return entry;
  }

  /** Notes that `entries`, each of another name, are there, by writes from `sequence` on. */
  noteMade(entries: Iterable<KeyspaceEntry>, sequence: number): void {
    for (const entry of entries) {
      entry.madeAt = sequence;
      for (const other of this.#planned.get(entry.name) ?? []) {
        if (other !== entry) other.madeInstead = entry;
      }
      this.#planned.delete(entry.name);
      this.#made.set(entry.name, entry);
    }
    this.#reservedAt = Math.min(this.#reservedAt, sequence);
  }

  /** Notes that a keyspace is not there any more. */
  noteDropped(entry: KeyspaceEntry): void {
    entry.isDropped = true;
    this.#made.delete(entry.name);
  }

  /**
   * Whether keys that begin with `FF` are those of keyspaces, for who sees no write past
   * `sequence`.
   */
  isReservedAt(sequence: number): boolean {
    return sequence >= this.#reservedAt;
  }

  /** The keys that are in no keyspace, for who sees no write past `sequence`. */
  rangeOfDefault(sequence: number): KeyRange {
    return this.isReservedAt(sequence) ? BELOW_KEYSPACES : ALL_KEYS;
  }

  /**
   * Hears of a write to the default keyspace of a key that begins with `FF`. Throws
   * `KV_INVALID_ARGUMENT` once there are keyspaces.
   */
  noteReservedKey(): void {
    if (this.#reservedAt === Infinity) {
      this.hasReservedKeys = true;
      return;
    }
    throw invalidArgument(
      "Cannot write: the key begins with the byte 0xFF, which a store with keyspaces reserves",
    );
  }
}

/** Throws `KV_INVALID_ARGUMENT` for other codecs than a keyspace was made with. */
function refuseOtherCodecs(
  { name, keyCodec, valueCodec }: KeyspaceEntry,
  { keys, values }: NamedCodecs,
): void {
  const place = `keyspace ${name}`;
  refuseOtherCodec(place, "keys", keyCodec, keys.name);
  refuseOtherCodec(place, "values", valueCodec, values.name);
}

/** For a keyspace that was made with other codecs after this one was asked for. */
function otherCodecs(
  { name, keyCodec, valueCodec }: KeyspaceEntry,
  made: KeyspaceEntry,
): KvError {
  return invalidArgument(
    `Cannot use keyspace ${name}: it was asked for with keys: ${keyCodec} and values: ${valueCodec}, but its first write used keys: ${made.keyCodec} and values: ${made.valueCodec}; ask the store for it again with those codecs`,
  );
}
