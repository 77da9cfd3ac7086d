import { randomUUID } from "node:crypto";
import { createWriteStream, type Stats } from "node:fs";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Writable } from "node:stream";
import { createGzip } from "node:zlib";
import { DataError } from "../failure.ts";
import { fileError } from "../system_error.ts";
import type { Target } from "./target.ts";

/** Level 6, the usual one, takes half as long again for files that are 7 % smaller. */
const GZIP_LEVEL = 3;

/** Packed bytes that are handed on at once: fewer turns than with the usual 16 KiB. */
const GZIP_BYTES = 256 * 1024;

/** Where bytes go, and what becomes of the file. */
interface Place {
  /** The path that the user has named. */
  readonly named: string;
  /** What is written to. */
  readonly written: string;
  /**
   * What it takes the place of once it is complete: until then the file of this name stays what it
   * is.
   */
  readonly replaced?: string;
  /**
   * False for what only looks like a file: a pipe, a terminal, `/dev/null`. It is neither removed
   * nor synced.
   */
  readonly isOwn: boolean;
}

/** A new file as a target, for its user alone. Refuses to replace one, unless with `force`. */
export async function fileTarget(
  path: string,
  { isGzip, force }: { readonly isGzip: boolean; readonly force: boolean },
): Promise<Target> {
  try {
    const place = await placeAt(path, force);
    if (place.isOwn) await makeFile(place.written);
    return new FileTarget(place, isGzip);
  } catch (error) {
    throw failed(path, error);
  }
}

async function placeAt(path: string, force: boolean): Promise<Place> {
  const there = await statIfThere(path);
  if (there === undefined) return { named: path, written: path, isOwn: true };
  if (there.isDirectory()) {
    throw new DataError(`Cannot dump to ${path}: it is a folder`, {
      hint: "name a file in it",
    });
  }
  if (!there.isFile()) return { named: path, written: path, isOwn: false };
  if (!force) {
    throw new DataError(`Cannot dump to ${path}: the file already exists`, {
      hint: "--force replaces it",
    });
  }
  // A link stays one.
  const replaced = await realpath(path);
  const written = `${replaced}.${randomUUID().slice(0, 8)}.part`;
  return { named: path, written, replaced, isOwn: true };
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
}

async function makeFile(path: string): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  await handle.close();
}

function failed(path: string, error: unknown): unknown {
  return fileError("dump to", path, error);
}

class FileTarget implements Target {
  readonly #place: Place;
  readonly #first: Writable;
  readonly #closed: Promise<void>;
  #failure: unknown;

  constructor(place: Place, isGzip: boolean) {
    this.#place = place;
    const flags = place.isOwn ? "r+" : "w";
    const file = createWriteStream(place.written, { flags });
    const first: Writable = isGzip
      ? createGzip({ level: GZIP_LEVEL, chunkSize: GZIP_BYTES })
      : file;
    this.#first = first;
    this.#closed = new Promise((resolve) => file.once("close", resolve));
    for (const stream of new Set([first, file])) {
      stream.on("error", (error) => {
        this.#failure ??= failed(place.named, error);
        first.destroy();
        file.destroy();
      });
    }
    if (first !== file) first.pipe(file);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#assertSound();
    if (this.#first.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        this.#first.off("drain", go).off("close", go);
        resolve();
      };
      this.#first.on("drain", go).on("close", go);
    });
    this.#assertSound();
  }

  async finish(): Promise<void> {
    this.#first.end();
    await this.#closed;
    this.#assertSound();
    const { named, written, replaced, isOwn } = this.#place;
    if (!isOwn) return;
    try {
      await sync(written, "r+");
      if (replaced === undefined) return;
      await rename(written, replaced);
      await sync(dirname(replaced), "r");
    } catch (error) {
      throw failed(named, error);
    }
  }

  async abandon(): Promise<void> {
    this.#first.destroy();
    const { written, isOwn } = this.#place;
    if (isOwn) await rm(written, { force: true });
  }

  #assertSound(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

async function sync(path: string, flags: string): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
