import { assert, assertEquals } from "@std/assert";
import { type EngineOptions, type KvEngine, open } from "../../mod.ts";
import { KvError } from "../../src/errors.ts";
import { type Files, FixedFiles } from "./fixed_files.ts";
import type { Content, History } from "./history.ts";
import { SMALL } from "./samples.ts";

/** How damaged stores are opened. */
const READ_ONLY: EngineOptions = { ...SMALL, readOnly: true };

/** What came of reading all of a store. */
export interface Reading {
  /** Why it, or parts of it, could not be read; empty if all could. */
  readonly errors: readonly KvError[];
  /** Sequence number of the last write there was; `undefined` if the store could not be opened. */
  readonly lastSequence: number | undefined;
  /** Bytes that were read of all files. */
  readonly bytesRead: number;
}

/**
 * Opens a store and reads all of it in every way: each key by itself, and a scan in each direction.
 * Fails for an answer that is not that of the history, and for an error that is none of the
 * engine's. A read that ends with an error must have been right up to there.
 */
export async function readAll(
  files: Files,
  history: History,
): Promise<Reading> {
  return await read(files, history.keys, (db) => {
    const { lastSequence } = db.stats();
    assert(
      lastSequence <= history.lastSequence,
      `write ${lastSequence} was never made`,
    );
    return history.contentAt(lastSequence);
  });
}

/**
 * Reads as {@linkcode readAll} does, of files that may say anything at all: no answer is compared.
 */
export async function readWhatever(
  files: Files,
  history: History,
): Promise<Reading> {
  return await read(files, history.keys, () => undefined);
}

async function read(
  files: Files,
  keys: readonly string[],
  contentOf: (db: KvEngine<string, string>) => Content | undefined,
): Promise<Reading> {
  const storage = new FixedFiles(files);
  const errors = new Errors();
  let lastSequence: number | undefined;
  const db = await errors.catchAsync(() => open(storage, READ_ONLY));
  if (db !== undefined) {
    lastSequence = db.stats().lastSequence;
    const content = contentOf(db);
    errors.catch(() => scan(db, { content, reverse: false }));
    errors.catch(() => scan(db, { content, reverse: true }));
    for (const key of [...keys, "", "absent", "key", "~"]) {
      errors.catch(() => {
        const value = db.getSync(key);
        if (content) assertEquals(value, content.get(key), `get ${key}`);
      });
    }
    await db.close();
  }
  assertEquals(storage.openFiles, 0, "files were left open");
  return { errors: errors.found, lastSequence, bytesRead: storage.bytesRead };
}

/** Scans everything and compares each entry as it comes. */
function scan(
  db: KvEngine<string, string>,
  { content, reverse }: { content: Content | undefined; reverse: boolean },
): void {
  const entries = content && [...content];
  const expected = reverse ? entries?.reverse() : entries;
  let i = 0;
  for (const [key, value] of db.scanSync({ reverse })) {
    if (expected === undefined) continue;
    const [rightKey, rightValue] = expected[i++] ?? [];
    if (key !== rightKey || value !== rightValue) {
      throw new Error(`scan: ${key} = ${value} instead of ${rightKey}`);
    }
  }
  assertEquals(i, expected?.length ?? 0, "scan: entries are missing");
}

/** The errors that an engine may answer with. All others pass through. */
class Errors {
  readonly found: KvError[] = [];

  catch(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#note(error);
    }
  }

  async catchAsync<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#note(error);
      return undefined;
    }
  }

  #note(error: unknown): void {
    if (!(error instanceof KvError)) throw error;
    this.found.push(error);
  }
}
