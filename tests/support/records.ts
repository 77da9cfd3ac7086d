import type { EntryKind } from "../../src/format/kind.ts";
import {
  RECORD_HEADER_BYTES,
  recordLength,
  writeRecordHeader,
} from "../../src/format/record.ts";

/** What a record says. */
export interface Recorded {
  readonly kind: EntryKind;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Records one behind the other, in memory that can be shared. */
export function recordsOf(
  entries: readonly Recorded[],
): Uint8Array<SharedArrayBuffer> {
  const bytes = entries.reduce(
    (sum, { key, value }) => sum + recordLength(key.length, value.length),
    0,
  );
  const records = new Uint8Array(new SharedArrayBuffer(bytes));
  let at = 0;
  for (const { kind, key, value } of entries) {
    writeRecordHeader(records, at, kind, key.length, value.length);
    records.set(key, at + RECORD_HEADER_BYTES);
    records.set(value, at + RECORD_HEADER_BYTES + key.length);
    at += recordLength(key.length, value.length);
  }
  return records;
}
