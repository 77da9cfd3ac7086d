/** The first byte string behind all that begin with `prefix`, if there is one. */
export function successorOfPrefix(prefix: Uint8Array): Uint8Array | undefined {
  const last = prefix.findLastIndex((byte) => byte < 0xff);
  if (last < 0) return undefined;
  const next = prefix.slice(0, last + 1);
  next[last]!++;
  return next;
}
