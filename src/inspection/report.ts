/** Progress of a verification or repair. */
export interface InspectionProgress {
  /** Bytes of the store's files read so far. */
  readonly bytesRead: number;
  /** Bytes of all files to be read. */
  readonly bytesTotal: number;
  /** Name of the file being read. */
  readonly file: string;
}

/**
 * Progress callback and abort signal of a verification or repair.
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
  /** Called after every read, usually of 64 KiB. If it throws, the call rejects with that error. */
  readonly onProgress?: (progress: InspectionProgress) => void;
  /** Aborts the work: the call rejects with the reason. */
  readonly signal?: AbortSignal;
}

/**
 * A range of keys. Keys are shown as quoted text if they are readable UTF-8, otherwise in
 * hexadecimal after `0x`; long ones are truncated.
 */
export interface KeyRange {
  /** No key of the range sorts before this one. */
  readonly from: string;
  /** No key of the range sorts after this one. */
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
  /** The format or compression of a file is not supported here; the file may be intact. */
  | "unsupported"
  /** A segment is not the one, or not the size, that the manifest says. */
  | "segment-mismatch"
  /** The end of a segment, which locates its parts, is damaged. */
  | "segment-end"
  /** The index of a segment is damaged. */
  | "segment-index"
  /** A block of entries of a segment is damaged. */
  | "segment-block"
  /** The hash index of a segment is damaged, or does not lead to an existing key. */
  | "segment-hash"
  /** The entries of a segment do not match its properties. */
  | "segment-contents"
  /** The header of a log is damaged. */
  | "log-header"
  /** A log is damaged before its end. */
  | "log-damaged"
  /** A log does not continue where the previous one ended. */
  | "log-order"
  /** A log ends with a write cut short by a crash; the next open removes it. */
  | "torn-tail"
  /** A file that the store no longer needs; the next open removes it. */
  | "leftover"
  /** A file that does not belong to the store; it is left alone. */
  | "foreign-file";

/** Something that is wrong with a store, or worth knowing. */
export interface StoreProblem {
  /** `"damage"`: the store is not as it was written. `"remark"`: it is in order nonetheless. */
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
  /** The keys affected, if known. */
  readonly keys?: KeyRange;
}

/**
 * The result of a verification, as a plain JSON-serializable object.
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
  /** All problems, in the order they were found; at most 10,000. */
  readonly problems: readonly StoreProblem[];
  /** Number of problems not listed in `problems`. */
  readonly omittedProblems: number;
  /** Files that were read. */
  readonly files: number;
  /** Intact blocks of segments. */
  readonly blocks: number;
  /** Intact entries of segments and writes of logs. */
  readonly entries: number;
  /** Bytes of the files that were read. */
  readonly bytesRead: number;
}
