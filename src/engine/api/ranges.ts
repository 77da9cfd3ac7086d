/**
 * Which keys a scan goes through. Bounds are compared as the unsigned bytes of the encoded keys; they and the prefix
 * narrow one another. Without any of them a scan goes through all keys.
 */
export interface RangeOptions<K> {
  /** Keys after this one. Not together with `gte`. */
  readonly gt?: K;
  /** Keys at or after this one. Not together with `gt`. */
  readonly gte?: K;
  /** Keys before this one. Not together with `lte`. */
  readonly lt?: K;
  /** Keys at or before this one. Not together with `lt`. */
  readonly lte?: K;
  /** Keys whose encoding begins with the encoding of this one: of strings and bytes their beginning, of tuples their first parts. */
  readonly prefix?: K;
}

/** What a scan goes through, in which direction and how far. */
export interface ScanOptions<K> extends RangeOptions<K> {
  /** From the last key to the first. Default `false`. */
  readonly reverse?: boolean;
  /** The most entries to yield. Default: no limit. */
  readonly limit?: number;
}

/** {@linkcode ScanOptions} for a scan that can be waited for. */
export interface AsyncScanOptions<K> extends ScanOptions<K> {
  /** Ends the scan early: once it is aborted, the next step rejects with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * The entries of a scan, as they were when it was started. Use it in `for await`, once, or step through it with `next`; whoever does not go to the end
 * or leave the loop early calls `return` or uses `await using`, which lets go of the files that the scan holds.
 */
export interface KvIterator<T>
  extends AsyncIterableIterator<T, undefined, void>, AsyncDisposable {
  /** Ends the scan and lets go of what it holds. */
  return(): Promise<IteratorReturnResult<undefined>>;
  /** This iterator. */
  [Symbol.asyncIterator](): KvIterator<T>;
}

/** The entries of a scan that answers at once; otherwise as {@linkcode KvIterator}. */
export interface KvSyncIterator<T>
  extends IterableIterator<T, undefined, void>, Disposable {
  /** Ends the scan and lets go of what it holds. */
  return(): IteratorReturnResult<undefined>;
  /** This iterator. */
  [Symbol.iterator](): KvSyncIterator<T>;
}
