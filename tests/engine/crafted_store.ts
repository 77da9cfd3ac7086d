import type { KvReader } from "../../src/engine/api/reader.ts";
import { logName } from "../../src/format/file_names.ts";
import { DELETE, PUT } from "../../src/format/kind.ts";
import {
  encodeManifest,
  type ManifestState,
} from "../../src/manifest/manifest_codec.ts";
import { RangeTombstones } from "../../src/tombstones/range_tombstones.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { recordsOf } from "../support/records.ts";
import { craftLog } from "../wal/logs.ts";

/** One write: key and value, or `null` for a delete. */
export type Write = readonly [key: string, value: string | null];

/** A group commit: its writes, and up to which write everything had been durable before it. */
export interface Commit {
  readonly durable: number;
  readonly writes: readonly Write[];
}

/** A log as a crash may have left it. */
export interface CraftedLog {
  readonly number: number;
  /** Default: one of its own. */
  readonly salt?: number;
  /** Sequence number of its first write. */
  readonly first: number;
  readonly commits: readonly Commit[];
}

/** The manifest of a new store, but for `rest`. */
export function manifestOf(rest: Partial<ManifestState> = {}): ManifestState {
  return {
    storeId: new Uint8Array(16).fill(7),
    keyCodec: "utf8",
    valueCodec: "utf8",
    nextFileNumber: 100,
    flushedSequence: 0,
    oldestLog: 1,
    logs: [],
    levels: [],
    rangeTombstones: RangeTombstones.none,
    ...rest,
  };
}

/** A storage with a manifest and logs, all of it durable. */
export function storageOf(
  manifest: ManifestState,
  logs: readonly CraftedLog[],
): FaultStorage {
  const storage = new FaultStorage();
  storage.writeFile("MANIFEST", encodeManifest(manifest));
  for (const log of logs) {
    storage.writeFile(logName(log.number), logImage(log).image);
  }
  return storage;
}

/** The bytes of a log, and where its commits lie. */
export function logImage(
  { number, salt = 1_000 + number, first, commits }: CraftedLog,
) {
  const header = { salt, number, firstSequence: first };
  return craftLog(
    commits.map(({ durable, writes }) => ({
      count: writes.length,
      durableSequence: durable,
      records: recordsOfWrites(writes),
    })),
    header,
  );
}

function recordsOfWrites(writes: readonly Write[]): Uint8Array {
  return recordsOf(writes.map(([key, value]) => ({
    kind: value === null ? DELETE : PUT,
    key: encode(key),
    value: encode(value ?? ""),
  })));
}

/**
 * Writes `k<n>` = `v<n>` for each `n` from `from` to `to`, every one a commit of its own that knows
 * of `durable`.
 */
export function commitsOf(
  from: number,
  to: number,
  durable: (n: number) => number = () => from - 1,
): Commit[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ({
    durable: durable(from + i),
    writes: [[`k${from + i}`, `v${from + i}`] as const],
  }));
}

/** What {@linkcode commitsOf} leaves in a store. */
export function entriesOf(from: number, to: number): Record<string, string> {
  const entries: Record<string, string> = {};
  for (let n = from; n <= to; n++) entries[`k${n}`] = `v${n}`;
  return entries;
}

/** All entries of a store. */
export async function entriesIn(
  db: KvReader<string, string>,
): Promise<Record<string, string>> {
  const entries: Record<string, string> = {};
  for await (const [key, value] of db.scan()) entries[key] = value;
  return entries;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
