import { compareBytes } from "../../bytes/compare.ts";
import { invalidArgument, KvError } from "../../errors.ts";
import type { KeyRange } from "../../format/key_range.ts";
import { refuseOtherCodec } from "../codecs.ts";
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
 * A keyspace as the engine knows it: one that is there, one that its first write will make, or one
 * that was dropped.
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

  /** Throws `KV_CLOSED` once it was dropped. */
  assertOpen(): void {
    if (!this.isDropped) return;
    throw new KvError(
      "KV_CLOSED",
      `Cannot use keyspace ${this.name}: it was dropped; ask the store for it again`,
    );
  }
}

/** The keyspaces of a store, in memory. */
export class Catalogue {
  readonly #entries = new Map<string, KeyspaceEntry>();
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
      this.#entries.set(name, new KeyspaceEntry(name, record, 0));
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
    return this.#made.length;
  }

  get #made(): KeyspaceEntry[] {
    return [...this.#entries.values()].filter(({ isMade }) => isMade);
  }

  /** The names of the keyspaces that there are, in the order of their bytes. */
  names(): string[] {
    return this.#made
      .map(({ name }) => ({ name, bytes: encodeName(name) }))
      .sort((a, b) => compareBytes(a.bytes, b.bytes))
      .map(({ name }) => name);
  }

  /** The keyspace that is called so, if there is one. */
  find(name: string): KeyspaceEntry | undefined {
    const entry = this.#entries.get(name);
    return entry?.isMade ? entry : undefined;
  }

  /**
   * The keyspace that is called so; if there is none, one that its first write will make. Throws
   * `KV_INVALID_ARGUMENT` for other codecs than it has.
   */
  entry(name: string, codecs: NamedCodecs): KeyspaceEntry {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      encodeName(name);
      const id = this.#nextId++;
      const keyCodec = codecs.keys.name;
      const valueCodec = codecs.values.name;
      entry = new KeyspaceEntry(name, { id, keyCodec, valueCodec }, Infinity);
      this.#entries.set(name, entry);
    }
    refuseOtherCodecs(entry, codecs);
    return entry;
  }

  /** Notes that `entries` are there, by writes from `sequence` on. */
  noteMade(entries: Iterable<KeyspaceEntry>, sequence: number): void {
    for (const entry of entries) entry.madeAt = sequence;
    this.#reservedAt = Math.min(this.#reservedAt, sequence);
  }

  /** Notes that a keyspace is not there any more. */
  noteDropped(entry: KeyspaceEntry): void {
    entry.isDropped = true;
    this.#entries.delete(entry.name);
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
