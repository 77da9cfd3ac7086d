import { Buffer } from "node:buffer";
import {
  FRAME_HEADER_BYTES,
  LOG_HEADER_BYTES,
  readFrameHeader,
} from "../../src/format/log_format.ts";
import {
  decodeManifest,
  type ManifestState,
} from "../../src/manifest/manifest_codec.ts";
import type { Damage } from "./damage.ts";
import type { Files } from "./fixed_files.ts";

/** A frame of a log that is whole. */
export interface Frame {
  readonly start: number;
  readonly end: number;
  readonly firstSequence: number;
  /** Records. */
  readonly count: number;
  /** Up to this write everything was durable when the frame was written. */
  readonly durableSequence: number;
}

/** What has to come of a store with a damaged log. */
export interface Expectation {
  /** The place that an error has to name. */
  readonly file: string;
  readonly offset: number;
  /** Whether there has to be an error: what is missing is known to have been promised. */
  readonly isRefused: boolean;
  /** The last write that is there otherwise. */
  readonly lastSequence: number;
}

/**
 * Tells what damage to a log must come to, by what is left of it and of the others, and without any
 * code of recovery.
 */
export class LogOracle {
  readonly state: ManifestState;
  readonly #files: Files;
  readonly #frames: ReadonlyMap<string, readonly Frame[]>;
  readonly #expected = new Map<string, Expectation>();

  constructor(files: Files) {
    this.#files = files;
    this.state = decodeManifest(files.get("MANIFEST")!);
    this.#frames = new Map(
      [...files].filter(([name]) => name.endsWith(".log")).sort()
        .map(([name, bytes]) => [name, framesOf(bytes)]),
    );
  }

  /** Names of the logs, oldest first. */
  get logs(): string[] {
    return [...this.#frames.keys()];
  }

  frames(name: string): readonly Frame[] {
    return this.#frames.get(name)!;
  }

  /** What a store must come to in which one place of a log is damaged. */
  expectAt(name: string, offset: number): Expectation {
    const frames = this.frames(name);
    if (offset < LOG_HEADER_BYTES) return this.#expectHeaderless(name);
    const broken = frames.findIndex(({ end }) => offset < end);
    if (broken < 0) return this.#expectWhole(name);
    const key = `${name} ${broken}`;
    const known = this.#expected.get(key);
    if (known !== undefined) return known;
    const left = frames.filter((_, i) => i !== broken);
    const expected = this.#expect(name, frames[broken]!, left);
    this.#expected.set(key, expected);
    return expected;
  }

  /** What a store must come to that has other bytes in the place of a log. */
  expectOf({ name, bytes }: Damage): Expectation {
    const original = this.#files.get(name)!;
    const isSame = (start: number, end: number) =>
      end <= bytes.length &&
      Buffer.compare(
          bytes.subarray(start, end),
          original.subarray(start, end),
        ) === 0;
    if (!isSame(0, LOG_HEADER_BYTES)) return this.#expectHeaderless(name);
    const frames = this.frames(name);
    const broken = frames.find(({ start, end }) => !isSame(start, end));
    if (broken === undefined) return this.#expectWhole(name);
    const left = frames.filter(({ start, end }) => isSame(start, end));
    const expected = this.#expect(name, broken, left);
    const [newer] = this.#newerThan(name);
    // A log that ends with a whole frame is whole: what is missing is missed before the next log.
    return newer !== undefined && bytes.length === broken.start
      ? { ...expected, file: newer, offset: 0 }
      : expected;
  }

  #newerThan(name: string): string[] {
    return this.logs.filter((log) => log > name);
  }

  /** The header was durable before there was any frame. */
  #expectHeaderless(name: string): Expectation {
    const lastSequence = this.frames(name)[0]!.firstSequence - 1;
    return { file: name, offset: 0, isRefused: true, lastSequence };
  }

  /** What was damaged is room for more. */
  #expectWhole(name: string): Expectation {
    const { end, firstSequence, count } = this.frames(name).at(-1)!;
    const lastSequence = firstSequence + count - 1;
    return { file: name, offset: end, isRefused: false, lastSequence };
  }

  #expect(
    name: string,
    { start, firstSequence }: Frame,
    left: readonly Frame[],
  ): Expectation {
    const newer = this.#newerThan(name).flatMap((log) => this.frames(log));
    const promises = [...left, ...newer].map((frame) => frame.durableSequence);
    return {
      file: name,
      offset: start,
      isRefused: Math.max(...promises) >= firstSequence,
      lastSequence: firstSequence - 1,
    };
  }
}

function framesOf(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  let start = LOG_HEADER_BYTES;
  while (start < bytes.length) {
    const header = readFrameHeader(bytes, start);
    // Room that was made for more.
    if (header === undefined) break;
    const end = start + FRAME_HEADER_BYTES + header.length;
    frames.push({ ...header, start, end });
    start = end;
  }
  return frames;
}
