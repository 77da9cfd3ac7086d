/** What an entry says of its key. The numbers are part of the file formats. */
export type EntryKind = typeof PUT | typeof DELETE;

/** The key has the value that follows. */
export const PUT = 1;

/** The key has no value: a tombstone, which hides every older entry of the key. */
export const DELETE = 2;
