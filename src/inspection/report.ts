/** How far a verification or a repair has come. */
export interface InspectionProgress {
  /** Bytes of the store's files that have been looked at. */
  readonly bytesRead: number;
  /** Bytes of all files that are looked at. */
  readonly bytesTotal: number;
  /** Name of the file that is being read. */
  readonly file: string;
}

/**
 * How a verification or a repair is watched and ended.
 *
 * @example
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage());
 * await db.put("a", "1");
 * let share = 0;
 * await db.verify({
 *   signal: AbortSignal.timeout(60_000),
 *   onProgress: ({ bytesRead, bytesTotal }) => share = bytesRead / bytesTotal,
 * });
 * assertEquals(share, 1);
 * ```
 */
export interface InspectionOptions {
  /** Called after every read, of 64 KiB mostly. If it throws, the call rejects with that error. */
  readonly onProgress?: (progress: InspectionProgress) => void;
  /** Ends the work when it is aborted: the call rejects with the reason. */
  readonly signal?: AbortSignal;
}

/**
 * A range that keys lie in. Keys are shown as text in quotes if they are readable UTF-8, otherwise
 * in hexadecimal behind `0x`; long ones are cut.
 */
export interface KeyRange {
  /** No key of the range sorts before this one. */
  readonly from: string;
  /** No key of the range sorts behind this one. */
  readonly to: string;
}

/** What a {@linkcode StoreProblem} is about, as a stable code. */
export type StoreProblemCode =
  /** There are files of a store, but no manifest. */
  | "manifest-missing"
  /** The manifest is damaged. */
  | "manifest-damaged"
  /** The manifest names a file that is not there. */
  | "file-missing"
  /** The storage refuses to open or read a file. */
  | "file-unreadable"
  /** The format of a file, or how it is compressed, is unknown here: it may be whole. */
  | "unsupported"
  /** A segment is another one, or of another size, than the manifest says. */
  | "segment-mismatch"
  /** The end of a segment, which says where its parts lie, is damaged. */
  | "segment-end"
  /** The index of a segment is damaged. */
  | "segment-index"
  /** A block of entries of a segment is damaged. */
  | "segment-block"
  /** The hash index of a segment is damaged, or does not lead to a key that is there. */
  | "segment-hash"
  /** The entries of a segment are not those that its properties tell of. */
  | "segment-contents"
  /** The header of a log is damaged. */
  | "log-header"
  /** A log is damaged before its end. */
  | "log-damaged"
  /** A log does not go on where the one before it ended. */
  | "log-order"
  /** A log ends with a write that a crash cut short: the next open cuts it off. */
  | "torn-tail"
  /** A file that the store does not need any more: the next open removes it. */
  | "leftover"
  /** A file that is none of the store's: it is left alone. */
  | "foreign-file";

/** Something that is wrong with a store, or worth to be known. */
export interface StoreProblem {
  /** `"damage"`: the store is not as it was written. `"remark"`: it is in order all the same. */
  readonly severity: "damage" | "remark";
  /** What it is about, as a stable code. */
  readonly code: StoreProblemCode;
  /** Name of the file inside the store. */
  readonly file: string;
  /** Where in the file, in bytes from its start. */
  readonly offset?: number;
  /** What was found there, for people; may change. */
  readonly message: string;
  /** What it means for the data, for people; may change. */
  readonly consequence: string;
  /** The keys that are concerned, where that is known. */
  readonly keys?: KeyRange;
}

/**
 * What a verification has found, as a plain object that JSON can carry.
 *
 * @example
 * ```ts
 * import { open, verify } from "@purekv/purekv";
 * import { FaultStorage } from "@purekv/purekv/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const storage = new FaultStorage();
 * {
 *   await using db = await open(storage);
 *   await db.put("a", "1");
 * }
 * storage.writeFile("notes.txt", new Uint8Array(3));
 * const { ok, problems } = await verify(storage);
 * assertEquals(ok, true); // a remark is no damage
 * assertEquals(problems.map(({ code, file }) => [code, file]), [["foreign-file", "notes.txt"]]);
 * ```
 */
export interface VerifyReport {
  /** Whether nothing is damaged. */
  readonly ok: boolean;
  /** All problems, in the order in which they were found; at most 10,000. */
  readonly problems: readonly StoreProblem[];
  /** How many problems more there are than `problems` lists. */
  readonly omittedProblems: number;
  /** Files that were read. */
  readonly files: number;
  /** Blocks of segments that are in order. */
  readonly blocks: number;
  /** Entries of segments and writes of logs that are in order. */
  readonly entries: number;
  /** Bytes of the files that were read. */
  readonly bytesRead: number;
}
