import { type Awaitable, chain } from "../storage/awaitable.ts";
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
      (file) =>
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
