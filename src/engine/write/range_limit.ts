import { MOST_RANGE_BYTES } from "../../compaction/covered_segments.ts";
import { KvError } from "../../errors.ts";
import type { Store } from "../store/store.ts";

/**
 * Bytes of the bounds of range deletes that no compaction has applied yet. Laid over one another
 * they may take twice as much in the manifest, which has to fit into 256 MiB.
 */
const LARGEST_RANGE_BYTES = 4 * MOST_RANGE_BYTES;

/** Throws `KV_UNSUPPORTED` for range deletes whose bounds the manifest may have no room for. */
export function refuseTooManyRanges(store: Store, addedBytes: number): void {
  const { tables, versions } = store;
  const bytes = tables.all.reduce(
    (sum, { table }) => sum + table.ranges.boundBytes,
    versions.version.rangeTombstones.boundBytes + addedBytes,
  );
  if (bytes <= LARGEST_RANGE_BYTES) return;
  throw new KvError(
    "KV_UNSUPPORTED",
    `Cannot delete the range: the bounds of range deletes that are not applied yet would take ${bytes} bytes, past ${LARGEST_RANGE_BYTES}; close old snapshots and compact, or delete fewer ranges at once`,
  );
}
