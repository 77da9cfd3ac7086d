import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { KvEngine } from "../../mod.ts";
import { keyspacesOf, type Sum, sumOf, wordsOf } from "./words.ts";

/** What an update has done. */
export interface Changes {
  added: number;
  changed: number;
  removed: number;
  unchanged: number;
}

const MAX_FILE_BYTES = 4 * 1024 * 1024;

export class TextIndex {
  readonly #db: KvEngine<string, Sum>;
  readonly #keyspaces: ReturnType<typeof keyspacesOf>;

  constructor(db: KvEngine<string, Sum>) {
    this.#db = db;
    this.#keyspaces = keyspacesOf(db);
  }

  /**
   * Brings the index up to date with the text files below `folder`. Reads only those whose time or
   * size has changed.
   */
  async update(folder: string): Promise<Changes> {
    const changes = { added: 0, changed: 0, removed: 0, unchanged: 0 };
    const present = new Set<string>();
    const { files } = this.#keyspaces;
    for (const { path, stamp } of filesBelow(folder)) {
      const known = files.getSync(path);
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
    for await (const path of files.keys()) {
      if (present.has(path)) continue;
      await this.#replace(path, undefined, []);
      changes.removed++;
    }
    // One wait for the disk instead of one for each file: a file whose batch is lost with the power
    // is indexed again.
    await this.#db.sync();
    return changes;
  }

  /**
   * Puts the words of a file in the place of those that it had; without a stamp there is no such
   * file any more.
   */
  async #replace(
    path: string,
    stamp: string | undefined,
    words: readonly string[],
  ): Promise<void> {
    const batch = this.#db.batch();
    const files = batch.in(this.#keyspaces.files);
    const places = batch.in(this.#keyspaces.places);
    const known = this.#keyspaces.files.getSync(path);
    for (const word of known?.words ?? []) places.del([word, path]);
    const placesOf = Map.groupBy(words.keys(), (place) => words[place]!);
    for (const [word, found] of placesOf) places.put([word, path], found);
    const sum = sumOf(this.#db);
    const { length } = words;
    batch.put("sum", {
      files: sum.files - (known ? 1 : 0) + (stamp ? 1 : 0),
      words: sum.words - (known?.length ?? 0) + length,
    });
    if (stamp === undefined) files.del(path);
    else files.put(path, { stamp, length, words: [...placesOf.keys()] });
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
