import { invalidArgument } from "../../errors.ts";
import { DELETE, PUT, RANGE_DELETE } from "../../format/kind.ts";
import { FRAME_HEADER_BYTES } from "../../format/log_format.ts";
import { BatchRecords } from "./batch_records.ts";
import type { KeyspaceEntry } from "../keyspaces/catalogue.ts";
import {
  catalogueKey,
  encodeKeyspace,
  encodeName,
  encodeNextId,
} from "../keyspaces/catalogue_format.ts";
import { RESERVED_START } from "../keyspaces/layout.ts";
import { openRange } from "../read/scan.ts";
import { refuseTooManyRanges } from "./range_limit.ts";
import { checkSequence } from "./record_writer.ts";
import type { Store } from "../store/store.ts";

const NO_BYTES = new Uint8Array(0);

/**
 * Adds the records of a batch to the MemTable. The keyspaces that it is the first to write to are
 * made by records that go before it, in one piece with it: after a crash a keyspace is there
 * exactly if its first batch is.
 */
export function addBatch(store: Store, batch: BatchRecords): void {
  const { keyspaces, hasReservedKey } = batch;
  for (const keyspace of keyspaces) keyspace.assertOpen();
  if (batch.rangeBytes > 0) refuseTooManyRanges(store, batch.rangeBytes);
  const missing = [...keyspaces].filter(({ isMade }) => !isMade);
  const { catalogue, lastSequence } = store;
  if (missing.length === 0) {
    if (hasReservedKey) catalogue.noteReservedKey();
    const isReserved = catalogue.isReservedAt(lastSequence);
    return addRecords(store, isReserved ? batch.withoutOpenRanges() : batch);
  }
  refuseTwoOfAName(missing);
  if (hasReservedKey) throw reservedKeys("the batch has", "leave them out");
  refuseReservedKeys(store);
  const whole = withMakingOf(missing, batch, catalogue.nextId);
  addRecords(store, whole);
  catalogue.noteMade(missing, lastSequence + 1);
}

/** Removes a keyspace with all that is in it. */
export function addDrop(store: Store, keyspace: KeyspaceEntry): void {
  const records = new BatchRecords();
  const { lower = NO_BYTES, upper = NO_BYTES } = keyspace.range;
  records.add(RANGE_DELETE, lower, upper);
  records.add(DELETE, catalogueKey(encodeName(keyspace.name)), NO_BYTES);
  addRecords(store, records);
  store.catalogue.noteDropped(keyspace);
}

function addRecords(store: Store, { bytes, count }: BatchRecords): void {
  if (count === 0) return;
  checkSequence(store.lastSequence + count);
  if (store.tables.active.table.arena.room < bytes.length) {
    store.makeRoom(bytes.length + FRAME_HEADER_BYTES);
  }
  store.tables.active.table.appendRecords(bytes, count);
  store.showRanges();
}

/** The records of a batch behind those that make keyspaces. */
function withMakingOf(
  keyspaces: readonly KeyspaceEntry[],
  batch: BatchRecords,
  nextId: number,
): BatchRecords {
  const records = new BatchRecords();
  records.add(PUT, catalogueKey(NO_BYTES), encodeNextId(nextId));
  for (const keyspace of keyspaces) {
    const key = catalogueKey(encodeName(keyspace.name));
    records.add(PUT, key, encodeKeyspace(keyspace));
  }
  records.append(batch.withoutOpenRanges());
  return records;
}

/** Throws `KV_INVALID_ARGUMENT` if a batch would make one keyspace with codecs of two kinds. */
function refuseTwoOfAName(keyspaces: readonly KeyspaceEntry[]): void {
  const names = new Set<string>();
  for (const { name } of keyspaces) {
    if (names.has(name)) {
      throw invalidArgument(
        `Cannot create keyspace ${name}: the batch writes to it with different codecs; ask for it with the same codecs everywhere`,
      );
    }
    names.add(name);
  }
}

/** Throws `KV_INVALID_ARGUMENT` if keys lie where the first keyspace would. */
function refuseReservedKeys(store: Store): void {
  const { catalogue } = store;
  if (!catalogue.hasReservedKeys) return;
  const { synchronous } = store.storage;
  // They may have been deleted since. On storage that answers with promises only the next open
  // tells.
  if (synchronous && !hasVisibleKeys(store)) {
    catalogue.hasReservedKeys = false;
    return;
  }
  throw reservedKeys(
    "the store has",
    synchronous ? "delete them" : "delete them, then reopen the store",
  );
}

function hasVisibleKeys({ readState, lastSequence }: Store): boolean {
  const cursor = openRange({
    state: readState,
    maxSequence: lastSequence,
    ranges: readState.visibleRanges(lastSequence),
    range: { lower: RESERVED_START, upper: undefined },
    isReverse: false,
    limit: 1,
    assertOpen: () => {},
  });
  try {
    return cursor.advance() === true;
  } finally {
    cursor.close();
  }
}

function reservedKeys(whatHas: string, remedy: string) {
  return invalidArgument(
    `Cannot make a keyspace: ${whatHas} keys outside of keyspaces that begin with the byte 0xFF, where keyspaces would lie; ${remedy}`,
  );
}
