import { isPending } from "../storage/awaitable.ts";
import type { ReadableFile } from "../storage/storage.ts";
import { Progress } from "./progress.ts";

/** How much of a file is read at once. */
const WINDOW_BYTES = 64 * 1024;

/** Reads a file piece by piece through a buffer of one size, however large the file is. */
export class FileWindow {
  /** Bytes of the file that are looked at; what lies behind counts as not there. */
  readonly size: number;
  /** Name of the file. */
  readonly name: string;
  readonly #file: ReadableFile;
  readonly #progress: Progress;
  readonly #capacity: number;
  #buffer: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  /** Up to where the file was read. What is read again counts once. */
  #reached = 0;

  /** @param size Looks at no more than the first `size` bytes. */
  constructor(
    file: ReadableFile,
    { name, progress, size = file.size }: {
      readonly name: string;
      readonly progress: Progress;
      readonly size?: number;
    },
  ) {
    this.name = name;
    this.#file = file;
    this.#progress = progress;
    this.size = Math.min(size, file.size);
    this.#capacity = Math.min(WINDOW_BYTES, this.size);
  }

  /** The `length` bytes from `start` on if they are in memory. They hold until the next read. */
  spanNow(start: number, length: number): Uint8Array | undefined {
    if (start < this.#start || start + length > this.#end) return undefined;
    const offset = start - this.#start;
    return this.#buffer.subarray(offset, offset + length);
  }

  /**
   * The `length` bytes from `start` on, all of which lie in the file. They hold until the next
   * read.
   */
  async span(start: number, length: number): Promise<Uint8Array> {
    const there = this.spanNow(start, length);
    if (there !== undefined) return there;
    if (length > this.#capacity) {
      return await this.#read(new Uint8Array(length), start);
    }
    const end = Math.min(start + this.#capacity, this.size);
    if (this.#buffer.length === 0) {
      this.#buffer = new Uint8Array(this.#capacity);
    }
    this.#end = 0;
    await this.#read(this.#buffer.subarray(0, end - start), start);
    this.#start = start;
    this.#end = end;
    return this.#buffer.subarray(0, length);
  }

  /** Counts what was not read as looked at: nothing there is of interest any more. */
  async finish(): Promise<void> {
    const left = this.size - this.#reached;
    this.#reached = this.size;
    if (left > 0) await this.#progress.advance(this.name, left);
  }

  async #read(target: Uint8Array, start: number): Promise<Uint8Array> {
    const reading = this.#file.readAt(target, start);
    if (isPending(reading)) await reading;
    const end = start + target.length;
    const advanced = Math.max(0, end - this.#reached);
    this.#reached += advanced;
    await this.#progress.advance(this.name, advanced);
    return target;
  }
}

/** A window over a file that is in memory already. */
export function windowOver(image: Uint8Array, name: string): FileWindow {
  const file: ReadableFile = {
    size: image.length,
    readAt: (target, position) =>
      target.set(image.subarray(position, position + target.length)),
    close: () => {},
  };
  const progress = new Progress({}, { giveWay: () => Promise.resolve() });
  return new FileWindow(file, { name, progress });
}
