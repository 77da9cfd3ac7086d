import { readUint32, writeUint32 } from "../../src/bytes/fixed.ts";
import type {
  CompactionContext,
  CompactionPlan,
} from "../../src/compaction/plan.ts";
import { Retention } from "../../src/compaction/retention.ts";
import { EntryView } from "../../src/format/entry.ts";
import { DELETE, type EntryKind, PUT } from "../../src/format/kind.ts";
import type { SegmentInfo } from "../../src/manifest/segment_info.ts";
import { Version, type VersionEdit } from "../../src/manifest/version.ts";
import type { CompactionSettings } from "../../src/options.ts";

/** One version of a key, whose number is also its order. */
export interface Row {
  readonly key: number;
  readonly sequence: number;
  readonly kind: EntryKind;
  /** The sequence number that the write got, which tells its value from all others. */
  readonly value: number;
}

/** A segment with its entries. */
export interface SimulatedSegment extends SegmentInfo {
  readonly rows: readonly Row[];
}

/** Bytes that every entry takes. */
export const ROW_BYTES = 100;

/**
 * A store in memory that flushes and compacts as the engine does, and whose writes are kept in a
 * model beside it.
 */
export class SimulatedStore {
  readonly settings: CompactionSettings;
  version = new Version<SimulatedSegment>();
  /** Live snapshots, ascending. */
  snapshots: number[] = [];
  readonly withheld = new Set<number>();
  /** How often scans are said to have gone through level 0. */
  level0Reads = 0;
  sequence = 0;
  nextNumber = 1;
  bytesFlushed = 0;
  bytesCompacted = 0;
  #memtable: Row[] = [];
  readonly #model = new Map<number, Row[]>();

  constructor(settings: CompactionSettings) {
    this.settings = settings;
  }

  get context(): CompactionContext {
    const { withheld, level0Reads } = this;
    // A flush is over at once here, so any number is above those of all that were flushed.
    const mayMergeLevel0 = true;
    const oldestSnapshot = this.snapshots[0];
    return { oldestSnapshot, withheld, level0Reads, mayMergeLevel0 };
  }

  write(key: number, kind: EntryKind): void {
    const sequence = ++this.sequence;
    const row = { key, sequence, kind, value: sequence };
    this.#memtable.push(row);
    const history = this.#model.get(key) ?? [];
    history.push(row);
    this.#model.set(key, history);
  }

  takeSnapshot(): void {
    if (this.snapshots.at(-1) !== this.sequence) {
      this.snapshots.push(this.sequence);
    }
  }

  flush(): void {
    const newestFirst = this.#memtable.toReversed();
    this.#memtable = [];
    const rows = this.#retained(sorted(newestFirst), -1);
    if (rows.length === 0) return;
    const segment = this.#segment(rows);
    this.bytesFlushed += segment.sizeBytes;
    this.version = this.version.apply({
      add: [{ level: 0, segment }],
      remove: [],
    });
  }

  /** Carries out a plan as of now, and answers the edit that is to be applied when it is done. */
  start(plan: CompactionPlan<SimulatedSegment>): VersionEdit<SimulatedSegment> {
    const level = plan.outputLevel;
    const segments = plan.inputs.flatMap((input) => input.segments);
    for (const { number } of segments) this.withheld.add(number);
    const remove = plan.inputs.flatMap((input) =>
      input.segments.map(({ number }) => ({ level: input.level, number }))
    );
    const outputs = plan.action === "move" ? segments : this.#merge(plan);
    return { add: outputs.map((segment) => ({ level, segment })), remove };
  }

  finish(edit: VersionEdit<SimulatedSegment>): void {
    this.version = this.version.apply(edit);
    for (const { number } of edit.remove) this.withheld.delete(number);
  }

  carryOut(plan: CompactionPlan<SimulatedSegment>): void {
    this.finish(this.start(plan));
  }

  /**
   * The keys that differ between the store and the model, for the newest state and for each
   * snapshot.
   */
  differences(): string[] {
    const found: string[] = [];
    for (const view of [...this.snapshots, this.sequence]) {
      for (const [key, history] of this.#model) {
        const expected = history.findLast((row) => row.sequence <= view);
        const read = this.#read(key, view);
        if (valueOf(read) !== valueOf(expected)) {
          found.push(
            `key ${key} at ${view}: ${valueOf(read)}, not ${valueOf(expected)}`,
          );
        }
      }
    }
    return found;
  }

  /** How many entries of segments no view needs, each segment taken by itself. */
  needlessEntries(): number {
    let needless = 0;
    this.version.levels.forEach((segments, level) => {
      for (const { rows } of segments) {
        needless += rows.length - this.#retained(rows, level).length;
      }
    });
    return needless;
  }

  #read(key: number, view: number): Row | undefined {
    function isIt(row: Row): boolean {
      return row.key === key && row.sequence <= view;
    }
    const fresh = this.#memtable.findLast(isIt);
    if (fresh !== undefined) return fresh;
    for (const segments of this.version.levels) {
      for (const { rows } of segments) {
        const row = rows.find(isIt);
        if (row !== undefined) return row;
      }
    }
    return undefined;
  }

  #merge(plan: CompactionPlan<SimulatedSegment>): SimulatedSegment[] {
    const newestFirst = plan.inputs.flatMap(({ segments }) =>
      segments.flatMap(({ rows }) => rows)
    );
    const staysInLevel0 = plan.outputLevel === 0;
    const segmentSize = staysInLevel0 ? Infinity : this.settings.segmentSize;
    const rows = this.#retained(
      sorted(newestFirst),
      staysInLevel0 ? -1 : plan.outputLevel,
    );
    const splits = plan.splitKeys.map((key) => readBigEndian(key));
    const outputs: SimulatedSegment[] = [];
    let start = 0;
    for (let i = 1; i <= rows.length; i++) {
      const key = rows[i]?.key ?? Infinity;
      const last = rows[i - 1]!.key;
      const isFull = (i - start) * ROW_BYTES >= segmentSize;
      const isSplit = splits.some((split) => last < split && key >= split);
      if (key !== last && (isFull || isSplit || key === Infinity)) {
        outputs.push(this.#segment(rows.slice(start, i)));
        start = i;
      }
    }
    for (const { sizeBytes } of outputs) this.bytesCompacted += sizeBytes;
    return outputs;
  }

  #retained(rows: readonly Row[], level: number): Row[] {
    const { version } = this;
    const retention = new Retention({
      snapshots: [...this.snapshots],
      mayHoldBelow: (buffer, offset, length) =>
        version.mayHoldBelow(level, buffer, offset, length),
    });
    const entry = new EntryView();
    const kept: Row[] = [];
    // The buffer of the key is used again, as those of cursors are.
    entry.keyBuffer = new Uint8Array(6);
    entry.keyOffset = 1;
    entry.keyLength = 4;
    for (const row of rows) {
      writeBigEndian(entry.keyBuffer, 1, row.key);
      entry.kind = row.kind;
      entry.sequence = row.sequence;
      if (!retention.admit(entry)) continue;
      kept.push(
        entry.sequence === row.sequence
          ? row
          : { ...row, sequence: entry.sequence },
      );
    }
    return kept;
  }

  #segment(rows: readonly Row[]): SimulatedSegment {
    const keys = new Set(rows.map(({ key }) => key));
    return {
      number: this.nextNumber++,
      sizeBytes: rows.length * ROW_BYTES,
      entries: rows.length,
      tombstones: rows.filter(({ kind }) => kind === DELETE).length,
      olderVersions: rows.length - keys.size,
      maxSequence: rows.reduce((max, row) => Math.max(max, row.sequence), 0),
      ceiling: this.sequence,
      salt: undefined,
      smallestKey: keyBytes(rows[0]!.key),
      largestKey: keyBytes(rows.at(-1)!.key),
      rows,
    };
  }
}

/** By key; the versions of a key stay in the order of their sources. */
function sorted(newestFirst: readonly Row[]): Row[] {
  return newestFirst.toSorted((a, b) => a.key - b.key);
}

function valueOf(row: Row | undefined): number | undefined {
  return row?.kind === PUT ? row.value : undefined;
}

function keyBytes(key: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeBigEndian(bytes, 0, key);
  return bytes;
}

function writeBigEndian(target: Uint8Array, offset: number, key: number) {
  writeUint32(target, offset, key);
  target.subarray(offset, offset + 4).reverse();
}

function readBigEndian(key: Uint8Array): number {
  return readUint32(key.toReversed(), 0);
}
