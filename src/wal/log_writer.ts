import { type Awaitable, chain, isPending } from "../storage/awaitable.ts";
import type { Storage, WritableFile } from "../storage/storage.ts";

/**
 * Appends frames to one write-ahead log. The bytes are opaque to it: they are the tail of an arena,
 * which is the image of the log.
 */
export class LogWriter {
  readonly #file: WritableFile;
  #isSynced = true;

  private constructor(file: WritableFile) {
    this.#file = file;
  }

  /**
   * Creates the log `name` with its header. Afterwards the name and the header are durable, so a log that recovery
   * finds without a whole header holds nothing that was ever acknowledged.
   */
  static create(
    storage: Storage,
    name: string,
    header: Uint8Array,
  ): Awaitable<LogWriter> {
    return chain(
      storage.create(name),
      (file) => LogWriter.#begin(storage, file, header),
    );
  }

  static #begin(
    storage: Storage,
    file: WritableFile,
    header: Uint8Array,
  ): Awaitable<LogWriter> {
    return closeOnFailure(
      file,
      () =>
        chain(
          file.append(header),
          () =>
            chain(file.sync(), () =>
              chain(storage.syncDirectory(), () => new LogWriter(file))),
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
    return chain(this.#file.sync(), () => {
      this.#isSynced = true;
    });
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
    return chain(closeQuietly(file), rethrow);
  };
  try {
    const result = work();
    return isPending(result) ? result.catch(fail) : result;
  } catch (error) {
    return fail(error);
  }
}

/** Closes a file after a failure, which is the one to report. */
function closeQuietly(file: WritableFile): Awaitable<void> {
  try {
    const closed = file.close();
    return isPending(closed) ? closed.catch(() => {}) : closed;
  } catch {
    return;
  }
}
