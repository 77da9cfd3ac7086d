import { type Awaitable, chain, isPending } from "../storage/awaitable.ts";
import type { Storage, WritableFile } from "../storage/storage.ts";

/** A sync of no more bytes than this is a small one. */
const SMALL_SYNC_BYTES = 16 * 1024;

/** After so many small syncs in a row more of them are expected. */
const SMALL_SYNCS = 8;

/** The least and the most room that is made at once for appends, in bytes. */
const LEAST_ROOM_BYTES = 4 * 1024;
const MOST_ROOM_BYTES = 256 * 1024;

/** What a log begins with. */
export interface NewLog {
  /** The header. */
  readonly header: Uint8Array;
  /** Bytes that the log will have at the most: those of its arena. */
  readonly capacity: number;
}

/**
 * Appends frames to one write-ahead log. The bytes are opaque to it: they are the tail of an arena,
 * which is the image of the log.
 */
export class LogWriter {
  readonly #file: WritableFile;
  readonly #capacity: number;
  #isSynced = true;
  #syncedSize = 0;
  #smallSyncs = 0;
  /** Where the room ends that was made for small syncs. */
  #roomEnd = 0;

  private constructor(file: WritableFile, capacity: number) {
    this.#file = file;
    this.#capacity = capacity;
  }

  /**
   * Creates the log `name` with its header. Afterwards the name and the header are durable, so a
   * log that recovery finds without a whole header holds nothing that was ever acknowledged.
   */
  static create(
    storage: Storage,
    name: string,
    log: NewLog,
  ): Awaitable<LogWriter> {
    return chain(
      storage.create(name),
      (file) => LogWriter.#begin(storage, file, log),
    );
  }

  static #begin(
    storage: Storage,
    file: WritableFile,
    { header, capacity }: NewLog,
  ): Awaitable<LogWriter> {
    return closeOnFailure(
      file,
      () =>
        chain(
          file.append(header),
          () =>
            chain(file.sync(), () =>
              chain(storage.syncDirectory(), () =>
                new LogWriter(file, capacity))),
        ),
    );
  }

  /** Bytes in the log. */
  get size(): number {
    return this.#file.size;
  }

  /** Whether all that was appended is durable. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Appends the bytes of one frame. Afterwards they survive the process. */
  append(frame: Uint8Array): Awaitable<void> {
    this.#isSynced = false;
    return this.#file.append(frame);
  }

  /** Makes durable all frames that were appended before. */
  sync(): Awaitable<void> {
    if (this.#isSynced) return;
    return chain(this.#makeRoom(), () => this.#syncFile());
  }

  #syncFile(): Awaitable<void> {
    const { size } = this.#file;
    return chain(this.#file.sync(), () => {
      this.#isSynced = true;
      this.#syncedSize = size;
    });
  }

  /**
   * Where small syncs follow one another, lets the log grow by many of them at once, with the first
   * of them. The file system need not write down a new size, and where blocks are, for each.
   * Measured on ext4: a frame of 150 bytes and its sync take 370 us where the log grows and 265 us
   * where it does not.
   */
  #makeRoom(): Awaitable<void> {
    const { size } = this.#file;
    const isSmall = size - this.#syncedSize <= SMALL_SYNC_BYTES;
    this.#smallSyncs = isSmall ? this.#smallSyncs + 1 : 0;
    if (this.#smallSyncs <= SMALL_SYNCS || size <= this.#roomEnd) return;
    const wanted = Math.min(Math.max(size, LEAST_ROOM_BYTES), MOST_ROOM_BYTES);
    const bytes = Math.min(wanted, this.#capacity - size);
    this.#roomEnd = size + bytes;
    return quietly(() => this.#file.reserve?.(bytes));
  }

  /** Lets go of the file. */
  close(): Awaitable<void> {
    return this.#file.close();
  }
}

/** Does the work; if it fails, nobody will have the file to close it. */
function closeOnFailure<T>(
  file: WritableFile,
  work: () => Awaitable<T>,
): Awaitable<T> {
  const fail = (error: unknown): Awaitable<never> => {
    const rethrow = () => {
      throw error;
    };
    return chain(quietly(() => file.close()), rethrow);
  };
  try {
    const result = work();
    return isPending(result) ? result.catch(fail) : result;
  } catch (error) {
    return fail(error);
  }
}

/** Does something that may fail without harm. */
function quietly(work: () => Awaitable<void>): Awaitable<void> {
  try {
    const done = work();
    return isPending(done) ? done.catch(() => {}) : done;
  } catch {
    return;
  }
}
