import { KvIoError } from "../errors.ts";
import type { Awaitable } from "../storage/awaitable.ts";
import type { ReadableFile, WritableFile } from "../storage/storage.ts";
import type { Content } from "./disk.ts";
import { landedBytes, type StorageOperation } from "./faults.ts";
import type { Medium, OpenFile } from "./medium.ts";

abstract class FaultFile implements OpenFile {
  readonly name: string;
  readonly content: Content;
  protected readonly medium: Medium;
  #isOpen = true;

  constructor(medium: Medium, { name, content }: OpenFile) {
    this.medium = medium;
    this.name = name;
    this.content = content;
    medium.openFiles.add(this);
  }

  /** Lets go of the file, even if it is reported that this has failed. */
  close(): Awaitable<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.medium.openFiles.delete(this);
    return this.medium.answer(
      { operation: "close", file: this.name },
      () => {},
    );
  }

  protected assertOpen(operation: StorageOperation): void {
    if (!this.#isOpen) throw this.failure(operation, "the file is closed");
  }

  protected failure(operation: StorageOperation, state: string): KvIoError {
    const cause = new Error(state);
    return new KvIoError(operation, this.name, "other", { cause });
  }
}

/** A file opened for reading, at the size that it had then. */
export class FaultReadableFile extends FaultFile implements ReadableFile {
  readonly size: number;

  constructor(medium: Medium, file: OpenFile, size: number) {
    super(medium, file);
    this.size = size;
  }

  readAt(target: Uint8Array, position: number): Awaitable<void> {
    this.assertOpen("readAt");
    const { length } = target;
    return this.medium.answer(
      { operation: "readAt", file: this.name, bytes: length },
      () => {
        // Said this way round, it refuses NaN too.
        if (!(position >= 0 && position + length <= this.size)) {
          throw this.failure("readAt", `the file ends at byte ${this.size}`);
        }
        // Room for appends behind the bytes holds zeros.
        const { size } = this.medium.disk.file(this.content);
        const bytes = this.content.bytes(size);
        const there = bytes.subarray(position, position + length);
        target.set(there);
        target.fill(0, there.length);
      },
    );
  }
}

/** A file opened for appending. */
export class FaultWritableFile extends FaultFile implements WritableFile {
  get size(): number {
    return this.content.size;
  }

  append(bytes: Uint8Array): Awaitable<void> {
    this.assertOpen("append");
    const { length } = bytes;
    return this.medium.answer(
      { operation: "append", file: this.name, bytes: length },
      (fault) => {
        const { medium } = this;
        const wanted = fault?.kind === "torn"
          ? landedBytes(fault, length, medium.random)
          : length;
        const most = this.#mostBytes;
        const landed = Math.min(wanted, most - this.size);
        if (landed > 0) this.#land(bytes.subarray(0, landed));
        if (landed < wanted) throw this.#full("append", landed);
      },
    );
  }

  #land(bytes: Uint8Array): void {
    const { content } = this;
    content.append(bytes);
    this.medium.effect({ kind: "append", content, size: content.size });
  }

  reserve(bytes: number): Awaitable<void> {
    this.assertOpen("reserve");
    return this.medium.answer(
      { operation: "reserve", file: this.name, bytes },
      () => {
        const { content, medium } = this;
        const wanted = content.size + bytes;
        const end = Math.min(wanted, this.#mostBytes);
        medium.effect({ kind: "reserve", content, end });
        if (end < wanted) throw this.#full("reserve", end - content.size);
      },
    );
  }

  /** How long the file may become before nothing more fits. */
  get #mostBytes(): number {
    return this.medium.disk.sizeOf(this.content) + this.medium.room;
  }

  #full(operation: StorageOperation, landed: number): KvIoError {
    const cause = new Error(`no space left after ${landed} bytes`);
    return new KvIoError(operation, this.name, "full", { cause });
  }

  sync(): Awaitable<void> {
    this.assertOpen("sync");
    const { content } = this;
    const { size } = content;
    const { room } = this.medium.disk.file(content);
    return this.medium.answer(
      { operation: "sync", file: this.name },
      (fault) => {
        if (fault?.kind === "lost-sync") return;
        const isDropped = fault?.kind === "dropped-sync";
        this.medium.effect({ kind: "sync", content, size, room, isDropped });
      },
    );
  }
}
