import { CHECKPOINT_NAME } from "../../format/file_names.ts";
import { replaceManifest } from "../../manifest/manifest_store.ts";
import type { ResolvedOptions } from "../../options.ts";
import type { Storage } from "../../storage/storage.ts";
import type { CheckpointOptions } from "../api/checkpoint.ts";
import { CheckpointFiles } from "./checkpoint_files.ts";
import type { LoggedTable } from "../state/logged_table.ts";
import { MarkedPlace } from "../files/marked_place.ts";
import { refuseNested } from "../files/nested_places.ts";
import { randomStoreId } from "../runtime/random.ts";
import type { Store } from "../store/store.ts";
import type { VersionSet } from "../state/version_set.ts";

const ACTION = "make a checkpoint in";

/** The open store that a checkpoint is made of. */
export interface CheckpointSource {
  readonly storage: Storage;
  readonly options: ResolvedOptions;
  readonly versions: VersionSet;
  /**
   * Tables that no flush will bring into segments: what a store that is opened with `readOnly` has
   * read from logs, oldest first.
   */
  readonly unflushed: readonly LoggedTable[];
  /** Brings all writes so far into segments. */
  flush(): Promise<void>;
  /** Throws once the store is closed or being closed. */
  assertOpen(): void;
}

/**
 * Makes a copy of an open store that opens by itself. It has every write that was made before the
 * call, and ends with one that was made before the copy was done: a prefix of the history, batches
 * whole.
 *
 * 1. Lock the target and put a file CHECKPOINT there, durably. Without a manifest beside it no
 *    engine opens the target.
 * 2. Flush: everything so far is in segments then. A store that is opened to be read has its tables
 *    written to the target instead.
 * 3. Hold the current version. Its segments never change and stay for as long as it is held;
 *    writers, flush and compaction go on.
 * 4. Link or copy its segments and sync them, and then their names.
 * 5. Put a manifest there that names them: written, synced, renamed, and the name synced. Now the
 *    checkpoint is complete.
 * 6. Remove CHECKPOINT, which the next open would do as well.
 *
 * What fails removes the files again, but not CHECKPOINT: nobody is to take the place for an empty
 * store who has missed the error. The next checkpoint into it clears what is there.
 */
export async function makeCheckpoint(
  store: Store,
  target: Storage,
  options: CheckpointOptions,
): Promise<void> {
  const { readOnly } = store.options;
  if (readOnly) store.assertOpen();
  else store.assertWritable();
  const source: CheckpointSource = {
    storage: store.storage,
    options: store.options,
    versions: store.versions,
    unflushed: readOnly ? store.tables.waiting : [],
    flush: () => readOnly ? Promise.resolve() : store.flush(),
    assertOpen: () => store.assertOpen(),
  };
  await store.track(copyInto(source, target, options));
}

async function copyInto(
  source: CheckpointSource,
  target: Storage,
  options: CheckpointOptions,
): Promise<void> {
  options.signal?.throwIfAborted();
  // Before anything is written there, a lock included.
  refuseNested(source.storage, target, ACTION);
  const place = new MarkedPlace(target, CHECKPOINT_NAME, ACTION);
  await place.refuseStore();
  const lock = await target.lock({ shared: false });
  try {
    await place.refuseStore();
    try {
      await place.begin();
      await fill(source, target, options);
    } catch (error) {
      await giveUp(place);
      throw error;
    }
    await place.complete();
  } finally {
    await lock.release();
  }
}

async function fill(
  source: CheckpointSource,
  target: Storage,
  options: CheckpointOptions,
): Promise<void> {
  const { versions, unflushed } = source;
  await source.flush();
  const { live } = versions;
  live.retain();
  try {
    const state = versions.stateWithoutLogs();
    const files = new CheckpointFiles(source, target, options);
    const written = await files.write(state);
    await replaceManifest(target, {
      ...state,
      storeId: randomStoreId(),
      flushedSequence: unflushed.at(-1)?.table.lastSequence ??
        state.flushedSequence,
      ...written,
      oldestLog: written.nextFileNumber,
    });
  } finally {
    live.release();
  }
}

/**
 * Removes what there is of the checkpoint, but for its mark; the error that made it come to nothing
 * is the one to report.
 */
async function giveUp(place: MarkedPlace): Promise<void> {
  try {
    await place.clear();
  } catch {
    // The next checkpoint clears it.
  }
}
