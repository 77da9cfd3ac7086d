/**
 * Live snapshots cut the sequence numbers into stripes (the term of CockroachDB's Pebble): the
 * stripe of a write is the number of snapshots that were taken before it. Writes in one stripe are
 * seen by the same snapshots.
 *
 * @param snapshots Sequence numbers of the live snapshots, ascending.
 */
export function stripeOf(
  snapshots: readonly number[],
  sequence: number,
): number {
  let low = 0;
  let high = snapshots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (snapshots[middle]! < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}
