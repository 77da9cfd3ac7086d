import type { ManifestState } from "../../manifest/manifest_codec.ts";
import { replaceManifest } from "../../manifest/manifest_store.ts";
import { withNeeded } from "../../manifest/needed_tombstones.ts";
import type { SegmentInfo } from "../../manifest/segment_info.ts";
import { Version, type VersionEdit } from "../../manifest/version.ts";
import type { BlockCache } from "../../segment/block_cache.ts";
import { WrittenBlocks } from "../../segment/written_blocks.ts";
import { inTurn } from "../../storage/awaitable.ts";
import type { Storage } from "../../storage/storage.ts";
import type { RangeTombstones } from "../../tombstones/range_tombstones.ts";
import { LiveVersion } from "./live_version.ts";
import { Segment } from "./segment.ts";

/** What stays the same for the life of a store. */
export type StoreIdentity = Pick<
  ManifestState,
  "storeId" | "keyCodec" | "valueCodec"
>;

/** A change to what the manifest says. */
export interface ManifestChange {
  /**
   * Segments that come and go; asked for in the turn in which the change is written, if it depends
   * on the version. With `undefined` nothing is changed.
   */
  readonly edit?:
    | VersionEdit<Segment>
    | ((version: Version<Segment>) => VersionEdit<Segment> | undefined);
  /**
   * Leaves range tombstones out that are not needed any more once `edit` is made; without it all
   * stay.
   */
  readonly ranges?: {
    /** Range tombstones that come. */
    readonly added: RangeTombstones;
    /** Sequence numbers of the live snapshots, ascending. */
    readonly snapshots: readonly number[];
  };
  /** Every write up to this sequence number is in segments once `edit` is made. */
  readonly flushedSequence?: number;
  /** Asks for the logs that are needed after the change, in the turn in which it is written. */
  readonly logs?: () => LiveLogs;
  /**
   * Throws if the files that come must not be relied on any more. Called at the last moment before
   * the change is made.
   */
  readonly assertSound?: () => void;
}

/** The logs that a recovery would have to replay. */
export type LiveLogs = Pick<ManifestState, "oldestLog" | "logs">;

/** The current version, the manifest that makes it durable, and the numbers for new files. */
export class VersionSet {
  readonly #storage: Storage;
  readonly #cache: BlockCache;
  readonly #identity: StoreIdentity;
  #live: LiveVersion;
  /**
   * Segments whose files are open: those of the current version, those that scans still read, and
   * those that no version names yet.
   */
  readonly #open: Set<Segment>;
  /** Blocks of segments that were written and are not open yet. */
  readonly writtenBlocks: WrittenBlocks;
  #flushedSequence: number;
  #logs: LiveLogs;
  #nextFileNumber: number;
  #lastChange: Promise<unknown> = Promise.resolve();

  private constructor(
    storage: Storage,
    cache: BlockCache,
    state: ManifestState,
    segments: Version<Segment>,
  ) {
    this.#storage = storage;
    this.#cache = cache;
    this.writtenBlocks = new WrittenBlocks(cache);
    this.#identity = state;
    this.#live = new LiveVersion(segments);
    this.#open = new Set(segments.levels.flat());
    this.#flushedSequence = state.flushedSequence;
    this.#logs = state;
    this.#nextFileNumber = state.nextFileNumber;
  }

  /** Opens all segments that the manifest names. */
  static async open(
    storage: Storage,
    cache: BlockCache,
    state: ManifestState,
  ): Promise<VersionSet> {
    const opened: Segment[] = [];
    try {
      const levels: Segment[][] = [];
      for (const infos of state.levels) {
        const level: Segment[] = [];
        for (const info of infos) {
          const segment = await Segment.open(storage, cache, info);
          opened.push(segment);
          level.push(segment);
        }
        levels.push(level);
      }
      const version = new Version(levels, state.rangeTombstones);
      return new VersionSet(storage, cache, state, version);
    } catch (error) {
      await inTurn(opened.map((segment) => () => segment.letGo()))
        .catch(() => {});
      throw error;
    }
  }

  /** The version that new reads use. */
  get live(): LiveVersion {
    return this.#live;
  }

  get version(): Version<Segment> {
    return this.#live.version;
  }

  /** Every write up to this sequence number is in segments. */
  get flushedSequence(): number {
    return this.#flushedSequence;
  }

  /** What a manifest says of a store that has the current version and no logs. */
  stateWithoutLogs(): ManifestState {
    return {
      ...this.#identity,
      nextFileNumber: this.#nextFileNumber,
      flushedSequence: this.#flushedSequence,
      oldestLog: this.#nextFileNumber,
      logs: [],
      levels: this.version.levels,
      rangeTombstones: this.version.rangeTombstones,
    };
  }

  /** A number that no file of the store has had. */
  takeFileNumber(): number {
    return this.#nextFileNumber++;
  }

  /** Keeps numbers up to `number` from being given out. */
  skipFileNumber(number: number): void {
    this.#nextFileNumber = Math.max(this.#nextFileNumber, number + 1);
  }

  /**
   * Makes a change durable, then current: changes happen one after another. `install` runs in the
   * same turn in which the new version becomes current. When it fails, nothing has become current,
   * and whether the manifest on storage is the old or the new one is not known.
   */
  change(change: ManifestChange, install?: () => void): Promise<void> {
    const result = this.#lastChange.then(() => this.#change(change, install));
    this.#lastChange = result.catch(() => {});
    return result;
  }

  async #change(change: ManifestChange, install?: () => void): Promise<void> {
    const edit = typeof change.edit === "function"
      ? change.edit(this.version)
      : change.edit;
    if (edit === undefined && change.edit !== undefined) return;
    const next = edit ? this.#after(edit, change.ranges) : this.version;
    const { oldestLog, logs } = change.logs?.() ?? this.#logs;
    const flushedSequence = change.flushedSequence ?? this.#flushedSequence;
    await replaceManifest(this.#storage, {
      ...this.#identity,
      nextFileNumber: this.#nextFileNumber,
      flushedSequence,
      oldestLog,
      logs,
      levels: next.levels,
      rangeTombstones: next.rangeTombstones,
    }, change.assertSound);
    this.#logs = { oldestLog, logs };
    this.#flushedSequence = flushedSequence;
    if (edit) this.#replaceVersion(next);
    install?.();
  }

  #after(
    edit: VersionEdit<Segment>,
    ranges: ManifestChange["ranges"],
  ): Version<Segment> {
    const next = this.version.apply(edit);
    if (ranges === undefined) return next;
    const { added, snapshots } = ranges;
    const all = next.rangeTombstones.with(added, snapshots);
    return withNeeded(next, all, snapshots);
  }

  #replaceVersion(next: Version<Segment>): void {
    this.#live = this.#live.replacedBy(next, (segment) => {
      segment.retire({
        removesFile: true,
        onGone: () => this.#open.delete(segment),
      });
    });
  }

  /** Opens a segment that was just written. */
  async openSegment(info: SegmentInfo): Promise<Segment> {
    const { number } = info;
    try {
      const segment = await Segment.open(
        this.#storage,
        this.#cache,
        info,
        this.writtenBlocks.of(number),
      );
      this.writtenBlocks.handOver(number);
      this.#open.add(segment);
      return segment;
    } catch (error) {
      this.writtenBlocks.discard(number);
      throw error;
    }
  }

  /** Resolves when the files are removed that no version names and nobody reads any more. */
  async untilUnreadRemoved(): Promise<void> {
    await Promise.all([...this.#open].map((segment) => segment.leaving));
  }

  /** Closes a segment that has not become part of any version. Its file is left to the caller. */
  async discard(segment: Segment): Promise<void> {
    this.#open.delete(segment);
    await segment.letGo();
  }

  /** Closes all segments, those too that are held by scans which were never ended. */
  async close(): Promise<void> {
    await this.#lastChange;
    await inTurn([...this.#open].map((segment) => () => segment.letGo()));
  }
}
