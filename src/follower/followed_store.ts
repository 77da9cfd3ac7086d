import { Catalogue } from "../engine/keyspaces/catalogue.ts";
import { CatalogueEntries } from "../engine/keyspaces/catalogue_entries.ts";
import { LiveVersion } from "../engine/state/live_version.ts";
import type { ReadSource } from "../engine/read/read_source.ts";
import { ReadState } from "../engine/state/read_state.ts";
import { liveLogNumbers } from "../engine/state/recovery.ts";
import { Segment } from "../engine/state/segment.ts";
import { Snapshots } from "../engine/state/snapshots.ts";
import { nextTurn } from "../engine/runtime/event_loop.ts";
import { KvError } from "../errors.ts";
import { compareBytes } from "../bytes/compare.ts";
import {
  decodeManifest,
  type ManifestState,
} from "../manifest/manifest_codec.ts";
import { readManifestBytes } from "../manifest/manifest_store.ts";
import { Version } from "../manifest/version.ts";
import { releaseTableMemory } from "../memtable/table_memory.ts";
import type { BlockCache } from "../segment/block_cache.ts";
import { inTurn } from "../storage/awaitable.ts";
import type { Storage } from "../storage/storage.ts";
import { LogTail } from "./log_tail.ts";

/**
 * How often a step is tried anew because the engine has replaced the manifest meanwhile. On storage
 * far away, with the smallest of MemTables, ten have not always been enough.
 */
const MOST_ATTEMPTS = 100;

/** What looks at the storage have in common. */
interface Place {
  readonly storage: Storage;
  readonly cache: BlockCache;
  readonly snapshots: Snapshots;
}

/** What one look at the storage has found. */
interface Found {
  readonly bytes: Uint8Array;
  readonly state: ManifestState;
  readonly version: Version<Segment>;
  readonly tails: readonly LogTail[];
}

/**
 * A store that an engine elsewhere writes, as the files show it.
 *
 * Nothing is locked: the engine replaces its manifest atomically, only ever adds to logs, and
 * removes a file once no manifest names it. So a look at the storage goes from the manifest to the
 * files that it names; if one of them is gone, the manifest has been replaced and the look begins
 * anew. Files that are open stay readable when they are removed.
 */
export class FollowedStore implements ReadSource {
  readonly storage: Storage;
  readonly cache: BlockCache;
  /** Those that are held of it. */
  readonly snapshots: Snapshots;
  readonly #place: Place;
  #found: Found;
  #live: LiveVersion;
  /**
   * Segments whose files are open: those of the version, and those that scans and snapshots still
   * read.
   */
  readonly #open: Set<Segment>;
  #readState: ReadState;
  #lastSequence = 0;
  #catalogue = new Catalogue();
  /** What the catalogue was made of; `undefined` if it has to be read from the segments anew. */
  #entries: CatalogueEntries | undefined;
  #underWay = 0;

  private constructor(place: Place, found: Found) {
    this.storage = place.storage;
    this.cache = place.cache;
    this.snapshots = place.snapshots;
    this.#place = place;
    this.#found = found;
    this.#live = new LiveVersion(found.version);
    this.#open = new Set(found.version.levels.flat());
    this.#readState = this.#newReadState();
  }

  /** Takes a first look. Throws `KV_NOT_FOUND` if there is no store. */
  static async open(
    storage: Storage,
    cache: BlockCache,
  ): Promise<FollowedStore> {
    const place = { storage, cache, snapshots: new Snapshots() };
    const found = await look(place, undefined);
    const store = new FollowedStore(place, found);
    try {
      await store.#show();
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  }

  get readState(): ReadState {
    return this.#readState;
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** The keyspaces as they were seen last. Another one when there are others. */
  get catalogue(): Catalogue {
    return this.#catalogue;
  }

  /** The manifest as it was seen last. */
  get state(): ManifestState {
    return this.#found.state;
  }

  track<T>(work: Promise<T>): Promise<T> {
    this.#underWay++;
    return work.finally(() => this.#underWay--);
  }

  /** Looks again, and shows readers all that is new at once. One call at a time. */
  async advance(): Promise<void> {
    const found = await look(this.#place, this.#found);
    const old = this.#found;
    this.#found = found;
    if (found.version !== old.version) this.#replaceVersion(found.version);
    // Writes were flushed that no log has shown.
    if (found.state.flushedSequence > this.#lastSequence) {
      this.#entries = undefined;
    }
    await this.#show();
  }

  /** Lets reads see what was found, all at once. */
  async #show(): Promise<void> {
    const { version, state } = this.#found;
    const known = this.#entries;
    // Read anew if this fails.
    this.#entries = undefined;
    const entries = known ?? new CatalogueEntries();
    if (known === undefined) await entries.addSegments(version);
    const since = known ? this.#lastSequence : state.flushedSequence;
    const isOther = this.#showLogs(entries, since);
    if (isOther || !known) this.#catalogue = Catalogue.from(entries);
    this.#entries = entries;
  }

  #replaceVersion(version: Version<Segment>): void {
    for (const segment of version.levels.flat()) this.#open.add(segment);
    this.#live = this.#live.replacedBy(version, (segment) => {
      segment.retire({
        removesFile: false,
        onGone: () => this.#open.delete(segment),
      });
    });
  }

  /**
   * Indexes what the logs have, as far as they follow one another, and lets reads go through it.
   * What writes after number `since` say of keyspaces goes to `entries`; answers whether there is
   * any.
   */
  #showLogs(entries: CatalogueEntries, since: number): boolean {
    let isOther = false;
    let last = this.#found.state.flushedSequence;
    for (const tail of this.#found.tails) {
      tail.index();
      const table = tail.table?.table;
      if (table === undefined || table.firstSequence !== last + 1) break;
      const ordinal = Math.max(0, since + 1 - table.firstSequence);
      if (entries.addTable(table, ordinal)) isOther = true;
      last = table.lastSequence;
    }
    this.#lastSequence = last;
    const old = this.#readState;
    this.#readState = this.#newReadState();
    old.release();
    return isOther;
  }

  #newReadState(): ReadState {
    const tables = this.#found.tails.map((tail) => tail.table)
      .filter((table) => table !== undefined)
      .filter(({ table }) => table.firstSequence <= this.#lastSequence)
      .toReversed();
    return new ReadState(
      tables,
      this.#live,
      {
        onUnread: ({ table }) => releaseTableMemory(table.memory),
        // A follower changes nothing.
        onScans: () => {},
      },
    );
  }

  /**
   * Lets go of all files, once the reads that wait for them have ended; those too that are held by
   * scans and snapshots which were never ended.
   */
  async close(): Promise<void> {
    while (this.#underWay > 0) await nextTurn();
    await inTurn([...this.#open].map((segment) => () => segment.letGo()));
  }
}

/**
 * Looks at the manifest and what it names. Segments and logs that are known already are not opened
 * again.
 */
async function look(
  place: Place,
  known: Found | undefined,
): Promise<Found> {
  const { storage } = place;
  for (let attempt = 1;; attempt++) {
    const bytes = await readManifestBytes(storage);
    if (bytes === undefined) throw notFound(storage);
    try {
      const found = await lookFrom(bytes, place, known);
      if (found !== undefined) return found;
    } catch (error) {
      if (await isManifest(storage, bytes)) throw error;
    }
    if (attempt === MOST_ATTEMPTS) throw changing(storage);
  }
}

async function isManifest(
  storage: Storage,
  bytes: Uint8Array,
): Promise<boolean> {
  const now = await readManifestBytes(storage);
  return now !== undefined && compareBytes(now, bytes) === 0;
}

/**
 * Answers nothing if the manifest is not in place any more once the logs are read: what they have
 * may follow on an import that it does not name.
 */
async function lookFrom(
  bytes: Uint8Array,
  place: Place,
  known: Found | undefined,
): Promise<Found | undefined> {
  const isSame = known !== undefined && compareBytes(bytes, known.bytes) === 0;
  const state = isSame ? known.state : decodeManifest(bytes);
  if (known !== undefined) refuseOther(place.storage, known.state, state);
  const tails = await loadTails(place, state, known?.tails ?? []);
  if (!await isManifest(place.storage, bytes)) return undefined;
  const version = isSame
    ? known.version
    : await openVersion(place, state, known?.version);
  return { bytes, state, version, tails };
}

async function loadTails(
  { storage, snapshots }: Place,
  state: ManifestState,
  known: readonly LogTail[],
): Promise<LogTail[]> {
  const numbers = liveLogNumbers(state, await storage.list());
  const largest = Math.max(0, ...known.map(({ size }) => size));
  const tails: LogTail[] = [];
  for (const number of numbers) {
    const tail = known.find((other) => other.number === number) ??
      new LogTail(number, () => snapshots.sorted());
    await tail.load(storage, largest);
    tails.push(tail);
  }
  return tails;
}

/** Opens the segments that are new. */
async function openVersion(
  { storage, cache }: Place,
  state: ManifestState,
  known: Version<Segment> | undefined,
): Promise<Version<Segment>> {
  const segments = new Map(
    known?.levels.flat().map((segment) => [segment.number, segment]),
  );
  const opened: Segment[] = [];
  try {
    for (const info of state.levels.flat()) {
      if (segments.has(info.number)) continue;
      const segment = await Segment.open(storage, cache, info);
      segments.set(info.number, segment);
      opened.push(segment);
    }
  } catch (error) {
    await inTurn(opened.map((segment) => () => segment.letGo()));
    throw error;
  }
  return new Version(
    state.levels.map((level) =>
      level.map(({ number }) => segments.get(number)!)
    ),
    state.rangeTombstones,
  );
}

/**
 * Throws if `now` is not of the history of `known`, in which numbers only grow: its files may have
 * numbers that others had before. A restored backup, for example.
 */
function refuseOther(
  { location }: Storage,
  known: ManifestState,
  now: ManifestState,
): void {
  if (
    compareBytes(now.storeId, known.storeId) === 0 &&
    now.nextFileNumber >= known.nextFileNumber &&
    now.flushedSequence >= known.flushedSequence
  ) return;
  throw new KvError(
    "KV_NOT_FOUND",
    `Cannot follow ${location} any more: another store, or an older state of it, has taken its place; close this follower and follow it anew`,
  );
}

function changing(storage: Storage): KvError {
  return new KvError(
    "KV_IO",
    `Cannot follow ${storage.location}: the engine replaces the manifest faster than this can read; try again`,
  );
}

function notFound(storage: Storage): KvError {
  return new KvError(
    "KV_NOT_FOUND",
    `Cannot follow ${storage.location}: there is no store; an engine must create it first`,
  );
}
