/** What an entry says of its key. The numbers are part of the file formats. */
export type EntryKind = typeof PUT | typeof DELETE;

/** What a record says: what an entry does, or something of a range of keys. */
export type RecordKind = EntryKind | typeof RANGE_DELETE;

/** The key has the value that follows. */
export const PUT = 1;

/** The key has no value: a tombstone, which hides every older entry of the key. */
export const DELETE = 2;

/**
 * No key of a range has a value: a range tombstone, which hides every older entry of these keys.
 * Only logs and MemTables have such records.
 */
export const RANGE_DELETE = 3;
