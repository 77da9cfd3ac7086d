import { crc32 } from "../bytes/crc32.ts";
import { writeUint32 } from "../bytes/fixed.ts";
import { releaseMemory } from "../bytes/release.ts";
import { KvError } from "../errors.ts";
import type { Compression } from "../options.ts";
import { type Awaitable, chain } from "../storage/awaitable.ts";
import type { WritableFile } from "../storage/storage.ts";
import { compress, STORED } from "./compression.ts";
import { MAX_SEGMENT_BYTES } from "./format.ts";
import {
  MAX_COMPRESSED_PAYLOAD_BYTES,
  SECTION_LENGTH_BYTES,
  SECTION_TRAILER_BYTES,
  sectionSeed,
} from "./section.ts";

/** Bytes that are gathered before they are appended to the file in one call. */
const BUFFER_BYTES = 256 * 1024;

/**
 * Writes the sections of a segment one after another. Wait for each answer before the next call.
 * After a failed append nothing more is written: part of a section may have reached the file.
 */
export class SectionWriter {
  readonly #file: WritableFile;
  readonly #salt: number;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #used = 0;
  #appended = 0;
  /** An append is under way or has failed. */
  #blocked = false;

  constructor(file: WritableFile, salt: number) {
    this.#file = file;
    this.#salt = salt;
  }

  /** Bytes of all sections so far, written or not. */
  get offset(): number {
    return this.#appended + this.#used;
  }

  /** Throws if an append is under way or has failed. */
  assertReady(): void {
    if (this.#blocked) {
      throw new KvError(
        "KV_POISONED",
        "Cannot write segment: an earlier write failed or was not waited for",
      );
    }
  }

  /** Writes a section. `payload` must not change until the answer. */
  writeSection(
    payload: Uint8Array,
    compression: Compression,
  ): Awaitable<void> {
    this.assertReady();
    if (
      compression === "none" || payload.length > MAX_COMPRESSED_PAYLOAD_BYTES
    ) return this.#write([payload], STORED);
    const { kind, bytes } = compress(compression, payload);
    if (bytes.length + SECTION_LENGTH_BYTES >= payload.length) {
      return this.#write([payload], STORED);
    }
    const length = new Uint8Array(SECTION_LENGTH_BYTES);
    writeUint32(length, 0, payload.length);
    return this.#write([length, bytes], kind);
  }

  /** Writes bytes that are no section, and passes everything on to the file. */
  async finish(footer: Uint8Array): Promise<void> {
    this.assertReady();
    await this.#append(footer);
    await this.#flush();
    releaseMemory(this.#buffer);
  }

  /** Makes durable what the file has. */
  sync(): Awaitable<void> {
    this.assertReady();
    this.#blocked = true;
    return chain(this.#file.sync(), () => {
      this.#blocked = false;
    });
  }

  #write(parts: readonly Uint8Array[], kind: number): Awaitable<void> {
    const trailer = new Uint8Array(SECTION_TRAILER_BYTES);
    trailer[0] = kind;
    let crc = sectionSeed(this.#salt, this.offset);
    let length = SECTION_TRAILER_BYTES;
    for (const part of parts) {
      crc = crc32(part, crc);
      length += part.length;
    }
    writeUint32(trailer, 1, crc32(trailer.subarray(0, 1), crc));
    if (this.offset + length > MAX_SEGMENT_BYTES) {
      throw new KvError(
        "KV_UNSUPPORTED",
        `Cannot write segment: it would be longer than ${MAX_SEGMENT_BYTES} bytes`,
      );
    }
    return this.#appendAll([...parts, trailer], 0);
  }

  #appendAll(parts: readonly Uint8Array[], first: number): Awaitable<void> {
    const part = parts[first];
    if (part === undefined) return;
    return chain(this.#append(part), () => this.#appendAll(parts, first + 1));
  }

  /** Gathers `bytes`, or passes them on without a copy if there are many. */
  #append(bytes: Uint8Array): Awaitable<void> {
    if (bytes.length <= BUFFER_BYTES - this.#used) {
      this.#buffer.set(bytes, this.#used);
      this.#used += bytes.length;
      return;
    }
    return chain(
      this.#flush(),
      () =>
        bytes.length < BUFFER_BYTES
          ? this.#append(bytes)
          : this.#appendToFile(bytes),
    );
  }

  #flush(): Awaitable<void> {
    if (this.#used === 0) return;
    const bytes = this.#buffer.subarray(0, this.#used);
    return chain(this.#appendToFile(bytes), () => {
      this.#used = 0;
    });
  }

  #appendToFile(bytes: Uint8Array): Awaitable<void> {
    this.#blocked = true;
    return chain(this.#file.append(bytes), () => {
      this.#appended += bytes.length;
      this.#blocked = false;
    });
  }
}
