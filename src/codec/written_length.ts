/**
 * Whether `length` can be what an `encodeInto` has written where there was room for `roomBytes`
 * bytes. Stores past the end of an array do nothing, so a codec of the user's may count what it has
 * lost there.
 */
export function isWritten(length: number, roomBytes: number): boolean {
  return length >= 0 && length <= roomBytes && Number.isInteger(length);
}
