/**
 * What the catalogue says of keyspaces, as values behind `FF 00`:
 *
 *     of a name           | "KVSPACES" | version | id | key codec length | key codec | value codec length | value codec |
 *     of the empty name   | "KVSPACES" | version | next id |
 *
 * Numbers are varints. No id is given twice: the next one is past all that ever were.
 *
 * @module
 */
import { compareBytes, sharedPrefixLength } from "../../bytes/compare.ts";
import {
  MAX_VARINT_BYTES,
  VarintReader,
  writeVarint,
} from "../../bytes/varint.ts";
import { utf8 } from "../../codec/utf8.ts";
import { invalidArgument, KvError } from "../../errors.ts";
import type { EntryView } from "../../format/entry.ts";
import { refused } from "../../option_values.ts";
import { CATALOGUE_PREFIX } from "./layout.ts";

/** The longest name of a keyspace, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 255;

const VERSION = 1;
const MAGIC: Uint8Array = utf8.encode("KVSPACES");

/** What the catalogue says of a keyspace. */
export interface KeyspaceRecord {
  readonly id: number;
  readonly keyCodec: string;
  readonly valueCodec: string;
}

/** The bytes of a name that a user gave. Throws `KV_INVALID_ARGUMENT` if it is none. */
export function encodeName(name: string): Uint8Array {
  if (typeof name !== "string") {
    throw refused("name a keyspace", "the name must be a string", name);
  }
  const encoded = utf8.encode(name);
  if (encoded.length >= 1 && encoded.length <= MAX_NAME_BYTES) return encoded;
  throw invalidArgument(
    `Cannot name a keyspace: the name must take 1 to ${MAX_NAME_BYTES} bytes, got ${encoded.length}`,
  );
}

/** Where the catalogue has `name`. */
export function catalogueKey(name: Uint8Array): Uint8Array {
  const key = new Uint8Array(CATALOGUE_PREFIX.length + name.length);
  key.set(CATALOGUE_PREFIX);
  key.set(name, CATALOGUE_PREFIX.length);
  return key;
}

/** Whether a key lies where the catalogue has its own. */
export function isInCatalogue(
  { keyBuffer, keyOffset, keyLength }: Pick<
    EntryView,
    "keyBuffer" | "keyOffset" | "keyLength"
  >,
): boolean {
  const { length } = CATALOGUE_PREFIX;
  return sharedPrefixLength(
    keyBuffer,
    keyOffset,
    keyLength,
    CATALOGUE_PREFIX,
    0,
    length,
  ) === length;
}

/** Whether a value is the catalogue's, not one that a user has put where the catalogue would be. */
export function isOfCatalogue(value: Uint8Array): boolean {
  return compareBytes(value.subarray(0, MAGIC.length), MAGIC) === 0;
}

/**
 * Throws `KV_INVALID_ARGUMENT` for a record of the default keyspace that the next open would take
 * for an entry of the catalogue. Its value stands behind its key. Asked for keys that begin with FF
 * alone.
 */
export function refuseImitation(
  bytes: Uint8Array,
  keyStart: number,
  keyLength: number,
  valueLength: number,
): void {
  const key = { keyBuffer: bytes, keyOffset: keyStart, keyLength };
  if (!isInCatalogue(key)) return;
  const valueStart = keyStart + keyLength;
  const value = bytes.subarray(valueStart, valueStart + valueLength);
  if (!isOfCatalogue(value)) return;
  throw invalidArgument(
    "Cannot write: the entry would pass for one of the catalogue of keyspaces; use a key that does not begin with the bytes 0xFF 0x00, or a value that does not begin with KVSPACES",
  );
}

/** The value that a keyspace has in the catalogue. */
export function encodeKeyspace(record: KeyspaceRecord): Uint8Array {
  const keyCodec = utf8.encode(record.keyCodec);
  const valueCodec = utf8.encode(record.valueCodec);
  const room = 3 * MAX_VARINT_BYTES + keyCodec.length + valueCodec.length;
  return encodeValue(room, (target, start) => {
    let at = writeVarint(target, start, record.id);
    for (const name of [keyCodec, valueCodec]) {
      at = writeVarint(target, at, name.length);
      target.set(name, at);
      at += name.length;
    }
    return at;
  });
}

/** The value of the empty name. */
export function encodeNextId(nextId: number): Uint8Array {
  return encodeValue(
    MAX_VARINT_BYTES,
    (target, start) => writeVarint(target, start, nextId),
  );
}

function encodeValue(
  roomBytes: number,
  write: (target: Uint8Array, start: number) => number,
): Uint8Array {
  const target = new Uint8Array(MAGIC.length + MAX_VARINT_BYTES + roomBytes);
  target.set(MAGIC);
  const start = writeVarint(target, MAGIC.length, VERSION);
  return target.slice(0, write(target, start));
}

/** Reads the value that the keyspace `name` has in the catalogue. */
export function decodeKeyspace(
  value: Uint8Array,
  name: string,
): KeyspaceRecord {
  const reader = readerOf(value, `the entry of keyspace ${name}`);
  const id = reader.read();
  const keyCodec = readText(reader, value);
  const valueCodec = readText(reader, value);
  if (
    !(id >= 1) || !keyCodec || !valueCodec || reader.offset !== value.length
  ) {
    throw damagedCatalogue(`the entry of keyspace ${name} is malformed`);
  }
  return { id, keyCodec, valueCodec };
}

/** Reads the value of the empty name. */
export function decodeNextId(value: Uint8Array): number {
  const reader = readerOf(value, "its header");
  const nextId = reader.read();
  if (!(nextId >= 1) || reader.offset !== value.length) {
    throw damagedCatalogue("its header is malformed");
  }
  return nextId;
}

/** The name that stands in the key of an entry. */
export function decodeName(name: Uint8Array): string {
  try {
    if (name.length <= MAX_NAME_BYTES) return utf8.decode(name, 0, name.length);
  } catch {
    // Told below.
  }
  throw damagedCatalogue("it holds an invalid name");
}

function readerOf(value: Uint8Array, what: string): VarintReader {
  if (!isOfCatalogue(value)) {
    throw damagedCatalogue(`${what} is not in catalogue format`);
  }
  const reader = new VarintReader(value, MAGIC.length, value.length);
  const version = reader.read();
  if (version === VERSION) return reader;
  if (!(version > VERSION)) throw damagedCatalogue(`${what} has no version`);
  throw new KvError(
    "KV_UNSUPPORTED",
    `Cannot read the catalogue of keyspaces: it has format version ${version}, this engine knows ${VERSION}; use a newer one`,
  );
}

/** A text behind its length; `undefined` if there is none. */
function readText(
  reader: VarintReader,
  source: Uint8Array,
): string | undefined {
  const length = reader.read();
  const start = reader.offset;
  if (!(length <= source.length - start)) return undefined;
  reader.offset = start + length;
  try {
    return utf8.decode(source, start, reader.offset);
  } catch {
    return undefined;
  }
}

/** Makes the error for a catalogue that nobody has written so; `problem` is half a sentence. */
export function damagedCatalogue(problem: string): KvError {
  return new KvError(
    "KV_CORRUPTION",
    `Damaged catalogue of keyspaces: ${problem}; repair saves the store into a new one`,
  );
}
