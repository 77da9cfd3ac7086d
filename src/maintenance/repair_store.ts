import { MarkedPlace } from "../engine/files/marked_place.ts";
import { refuseNested } from "../engine/files/nested_places.ts";
import {
  refuseNoStorage,
  type StorageAt,
} from "../engine/files/storage_check.ts";
import { invalidArgument, KvError } from "../errors.ts";
import { parseFileName, REPAIR_NAME } from "../format/file_names.ts";
import { MAX_SEQUENCE } from "../format/sequence.ts";
import {
  checkFlag,
  checkProgressOptions,
  PROGRESS_NAMES,
} from "../option_values.ts";
import { inTurn } from "../storage/awaitable.ts";
import type { Storage, StorageLock } from "../storage/storage.ts";
import { repairInto } from "./repair.ts";
import { checkCodec } from "./repair_codecs.ts";
import type { RepairOptions, RepairReport } from "./repair_report.ts";
import { refuseNoStore } from "./verify.ts";

const REPAIR_NAMES = [...PROGRESS_NAMES, "into", "inPlace", "keys", "values"];

/** So many file numbers have to be left for a repair in place. */
const MOST_NEW_FILES = 2 ** 32;

/** Repairs the store in `source`; `storageAt` finds the place that the options name. */
export async function repairStore(
  source: Storage,
  options: RepairOptions,
  storageAt: StorageAt,
): Promise<RepairReport> {
  refuseNoStorage(source, "repair");
  checkOptions(options);
  options.signal?.throwIfAborted();
  // Before anything is written, a lock included.
  refuseNoStore(source, await source.list(), "repair");
  if (options.inPlace) return await repairInPlace(source, options);
  const target = await storageAt(options.into!);
  refuseNoStorage(target, "repair into");
  refuseSame(source, target);
  refuseNested(source, target, "repair into");
  const place = new MarkedPlace(target, REPAIR_NAME, "repair into");
  await place.refuseStore();
  return await withLocks([
    () => source.lock({ shared: true }),
    () => target.lock({ shared: false }),
  ], async () => {
    await place.refuseStore();
    await place.begin();
    const names = await source.list();
    const report = await repairInto(
      { source, names, target, firstNumber: 1 },
      options,
    );
    await place.complete();
    return report;
  });
}

async function repairInPlace(
  source: Storage,
  options: RepairOptions,
): Promise<RepairReport> {
  return await withLocks(
    [() => source.lock({ shared: false })],
    async () => {
      const names = await source.list();
      const firstNumber = nextNumber(source, names);
      const places = { source, names, target: source, firstNumber };
      return await repairInto(places, options);
    },
  );
}

function checkOptions(options: RepairOptions): void {
  checkProgressOptions(options, REPAIR_NAMES, "repair");
  checkFlag(options.inPlace, "inPlace", "repair");
  checkCodec(options.keys, "keys");
  checkCodec(options.values, "values");
  if ((options.into !== undefined) !== (options.inPlace === true)) return;
  throw invalidArgument(
    "Cannot repair: give either into, a place for the new store, or inPlace: true",
  );
}

function refuseSame(source: Storage, target: Storage): void {
  const isSame = source === target ||
    source.localFolder !== undefined &&
      source.localFolder === target.localFolder;
  if (!isSame) return;
  throw invalidArgument(
    `Cannot repair ${source.location} into itself: give another place, or inPlace: true`,
  );
}

/** A number past those of all files. */
function nextNumber({ location }: Storage, names: readonly string[]): number {
  let largest = 0;
  for (const name of names) {
    largest = Math.max(largest, parseFileName(name)?.number ?? 0);
  }
  if (largest < MAX_SEQUENCE - MOST_NEW_FILES) return largest + 1;
  throw new KvError(
    "KV_UNSUPPORTED",
    `Cannot repair ${location} in place: no file numbers are left; repair it into another place`,
  );
}

/** Does the work under all the locks, which are taken in turn. */
async function withLocks<T>(
  takes: readonly (() => StorageLock | Promise<StorageLock>)[],
  work: () => Promise<T>,
): Promise<T> {
  const locks: StorageLock[] = [];
  try {
    for (const take of takes) locks.push(await take());
    return await work();
  } finally {
    await inTurn(locks.toReversed().map((lock) => () => lock.release()));
  }
}
