import type { KvIoError } from "../errors.ts";
import { parseFileName } from "../format/file_names.ts";
import { openIfThere } from "../inspection/check_files.ts";
import type { ReadableFile, Storage } from "../storage/storage.ts";
import type { Losses } from "./losses.ts";
import { isRefusal, PatientFile, type Unreadable } from "./patient_file.ts";

/**
 * The files of a damaged store, which may refuse to be read as well. A file that cannot be opened
 * counts as lost, and bytes that cannot be read as zeros, which no checksum lets pass: what stands
 * around them is saved as it is around any other damage. What the process lacks, such as numbers
 * for open files, is no matter of a file: that is thrown.
 */
export class SourceFiles {
  readonly #storage: Storage;
  readonly #isStrict: boolean;
  /** Why files could not be opened, by their names. */
  readonly #refused = new Map<string, KvIoError>();
  /** What could not be read of files since they were opened last, by their names. */
  readonly #unreadable = new Map<string, Unreadable[]>();
  /** The first of what could not be read of a file, by its name, also if it could later. */
  readonly #firstUnreadable = new Map<string, Unreadable>();
  #firstError: KvIoError | undefined;
  #hasRead = false;

  /** @param isStrict Whether to fail all the same with what the storage refuses. */
  constructor(
    storage: Storage,
    { isStrict }: { readonly isStrict: boolean },
  ) {
    this.#storage = storage;
    this.#isStrict = isStrict;
  }

  /**
   * Opens a file, or answers `undefined` if that cannot be done: {@linkcode SourceFiles.problemOf}
   * says why.
   */
  async open(name: string): Promise<ReadableFile | undefined> {
    try {
      const file = await openIfThere(this.#storage, name);
      // Whoever opens a file reads anew what counts.
      this.#unreadable.delete(name);
      return file && (this.#isStrict ? file : this.#patient(name, file));
    } catch (error) {
      if (this.#isStrict || !isRefusal(error)) throw error;
      this.#refused.set(name, error);
      this.#firstError ??= error;
      return undefined;
    }
  }

  #patient(name: string, file: ReadableFile): PatientFile {
    const isData = parseFileName(name)?.number !== 0;
    return new PatientFile(file, {
      onRead: () => {
        if (isData) this.#hasRead = true;
      },
      onUnreadable: (part) => {
        this.#firstError ??= part.error;
        this.#note(name, part);
      },
    });
  }

  /** Files are read more than once. */
  #note(name: string, part: Unreadable): void {
    const first = this.#firstUnreadable.get(name);
    if (first === undefined || part.start < first.start) {
      this.#firstUnreadable.set(name, part);
    }
    const parts = this.#unreadable.get(name) ?? [];
    this.#unreadable.set(name, parts);
    const isKnown = parts.some(({ start, end }) =>
      start <= part.start && end >= part.end
    );
    if (!isKnown) parts.push(part);
  }

  /** Whether there is a file that could not be opened. */
  hasRefused(name: string): boolean {
    return this.#refused.has(name);
  }

  /** Why a file could not be opened. */
  problemOf(name: string): string {
    return this.#refused.get(name)?.message ?? "the file is gone";
  }

  /**
   * Forgets that bytes from `start` to `end` of an open file could not be read: by now they could.
   */
  forget(name: string, start: number, end: number): void {
    const parts = this.#unreadable.get(name)?.flatMap((part) =>
      part.start < end && part.end > start
        ? [{ ...part, end: start }, { ...part, start: end }]
        : part
    );
    if (parts === undefined) return;
    this.#unreadable.set(name, parts.filter((part) => part.start < part.end));
  }

  /**
   * Why bytes from `start` to `end` of a file could not be read; `undefined` if all of them could.
   */
  problemIn(name: string, start: number, end: number): string | undefined {
    return this.#unreadable.get(name)
      ?.find((part) => part.start < end && part.end > start)
      ?.error.message;
  }

  /**
   * Throws what was refused if nothing could be read of any segment or log: then it is not the
   * store that is damaged.
   */
  assertAnyRead(): void {
    if (!this.#hasRead && this.#firstError) throw this.#firstError;
  }

  /**
   * Tells of the files that could not be read everywhere at some time, also where nothing of value
   * stood.
   */
  warn(losses: Losses): void {
    for (const [name, { start, error }] of this.#firstUnreadable) {
      losses.warn(
        `${name} could not be read everywhere, from byte ${start} on: ${error.message}`,
      );
    }
  }
}
