import type { InspectionOptions } from "./report.ts";

/** What long work needs of the place where it runs. */
export interface ProgressHost {
  /** Gives way to the rest of the program. */
  giveWay(): Promise<void>;
  /** Throws once the work is not wanted any more, for another reason than the signal. */
  assertWanted?(): void;
}

/**
 * Counts the bytes that were looked at, tells of them, and ends the work when it is not wanted any
 * more.
 */
export class Progress {
  readonly #options: InspectionOptions;
  readonly #host: ProgressHost;
  #bytesRead = 0;
  #bytesTotal = 0;

  constructor(options: InspectionOptions, host: ProgressHost) {
    this.#options = options;
    this.#host = host;
  }

  /** Bytes that were looked at so far. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Goes on as long as this one, but tells nobody: for bytes that do not count. */
  silent(): Progress {
    const assertWanted = () => this.assertWanted();
    return new Progress({}, { ...this.#host, assertWanted });
  }

  /** Says how many bytes are to be looked at from here on. */
  expect(bytes: number): void {
    this.#bytesTotal = this.#bytesRead + bytes;
  }

  /** Counts `bytes` more of a file, tells of them, and lets others have their turn. */
  async advance(file: string, bytes: number): Promise<void> {
    this.#bytesRead += bytes;
    this.assertWanted();
    this.#options.onProgress?.({
      bytesRead: this.#bytesRead,
      bytesTotal: this.#bytesTotal,
      file,
    });
    await this.#host.giveWay();
    this.assertWanted();
  }

  /** Throws once the work is not wanted any more. */
  assertWanted(): void {
    this.#options.signal?.throwIfAborted();
    this.#host.assertWanted?.();
  }
}
