import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { KvEngine, Tuple } from "../../mod.ts";
import { fileOf, type IndexEntry, sumOf, wordsOf } from "./words.ts";

/** What an update has done. */
export interface Changes {
  added: number;
  changed: number;
  removed: number;
  unchanged: number;
}

const MAX_FILE_BYTES = 4 * 1024 * 1024;

export class TextIndex {
  readonly #db: KvEngine<Tuple, IndexEntry>;

  constructor(db: KvEngine<Tuple, IndexEntry>) {
    this.#db = db;
  }

  /** Brings the index up to date with the text files below `folder`. Reads only those whose time or size has changed. */
  async update(folder: string): Promise<Changes> {
    const changes = { added: 0, changed: 0, removed: 0, unchanged: 0 };
    const present = new Set<string>();
    for (const { path, stamp } of filesBelow(folder)) {
      const known = fileOf(this.#db, path);
      if (known?.stamp === stamp) {
        changes.unchanged++;
      } else {
        const text = textOf(join(folder, path));
        if (text === undefined) continue;
        await this.#replace(path, stamp, wordsOf(text));
        if (known === undefined) changes.added++;
        else changes.changed++;
      }
      present.add(path);
    }
    for await (const [, path] of this.#db.keys({ prefix: ["file"] })) {
      if (present.has(path as string)) continue;
      await this.#replace(path as string, undefined, []);
      changes.removed++;
    }
    // One wait for the disk instead of one for each file: a file whose batch is lost with the power is indexed again.
    await this.#db.sync();
    return changes;
  }

  /** Puts the words of a file in the place of those that it had; without a stamp there is no such file any more. */
  async #replace(
    path: string,
    stamp: string | undefined,
    words: readonly string[],
  ): Promise<void> {
    const batch = this.#db.batch();
    const known = fileOf(this.#db, path);
    for (const word of known?.words ?? []) batch.del(["word", word, path]);
    const placesOf = Map.groupBy(words.keys(), (place) => words[place]!);
    for (const [word, places] of placesOf) {
      batch.put(["word", word, path], { type: "word", places });
    }
    const sum = sumOf(this.#db);
    const files = sum.files - (known ? 1 : 0) + (stamp ? 1 : 0);
    const length = words.length;
    batch.put(["sum"], {
      type: "sum",
      files,
      words: sum.words - (known?.length ?? 0) + length,
    });
    if (stamp === undefined) {
      batch.del(["file", path]);
    } else {
      const entry = { stamp, length, words: [...placesOf.keys()] };
      batch.put(["file", path], { type: "file", ...entry });
    }
    await batch.commit({ sync: false });
  }
}

/** The files below a folder, without those in hidden folders and in packages. */
function* filesBelow(
  folder: string,
  below: string = folder,
): Generator<{ path: string; stamp: string }> {
  for (const entry of readdirSync(below, { withFileTypes: true })) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = join(below, entry.name);
    if (entry.isDirectory()) {
      yield* filesBelow(folder, path);
    } else if (entry.isFile()) {
      const { mtimeMs, size } = statSync(path);
      if (size > MAX_FILE_BYTES) continue;
      const name = relative(folder, path).split(sep).join("/");
      yield { path: name, stamp: `${mtimeMs} ${size}` };
    }
  }
}

/** The text of a file, unless it is none. */
function textOf(path: string): string | undefined {
  const bytes = readFileSync(path);
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
