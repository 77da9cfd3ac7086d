// A search index in a store, under tuple keys:
//
//   ["word", word, path, line]  columns of the word in that line: "4,17"
//   ["line", path, line]        text of the line
//   ["file", path]              what is known of the file, as JSON
//
// Everything that belongs to a file is written in one batch: a crash leaves
// either all of it or nothing.
import { createHash } from "node:crypto";
import type { KvBatch, KvEngine, KvReader, Tuple } from "../../mod.ts";

/** Where a word stands. */
export interface Place {
  readonly path: string;
  readonly line: number;
  /** Of the first occurrence in the line, from 1 on. */
  readonly column: number;
}

/** What the index knows of a file. */
export interface FileRecord {
  readonly hash: string;
  readonly lines: number;
  /** Entries under `["word", ...]` that point into the file. */
  readonly places: number;
}

/** The letters, digits and underscores of a word; longer words are cut. */
const wordPattern = /[\p{L}_][\p{L}\p{N}_]{1,63}/gu;

/** What can be asked of an index, or of a snapshot of one. */
export class SearchReader {
  readonly #reader: KvReader<Tuple, string>;

  constructor(reader: KvReader<Tuple, string>) {
    this.#reader = reader;
  }

  /** What is known of a file. */
  async file(path: string): Promise<FileRecord | undefined> {
    const text = await this.#reader.get(["file", path]);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** Every file of the index. */
  async *files(): AsyncGenerator<[path: string, file: FileRecord]> {
    for await (const [key, text] of this.#reader.scan({ prefix: ["file"] })) {
      yield [key[1] as string, JSON.parse(text)];
    }
  }

  /** Where a word stands, by path and line. */
  async *places(word: string): AsyncGenerator<Place> {
    const prefix = ["word", word.toLowerCase()];
    for await (const [key, columns] of this.#reader.scan({ prefix })) {
      yield placeOf(key, columns);
    }
  }

  /** The words that begin with `beginning`, and in how many lines each stands. */
  wordsWith(beginning: string): Promise<Map<string, number>> {
    // A prefix is made of whole parts; behind every longer word lies this one.
    return this.wordsBetween(beginning, `${beginning}\u{10ffff}`);
  }

  /** The words from `first` up to, not including, `end`, and in how many lines each stands. */
  async wordsBetween(
    first: string,
    end: string,
  ): Promise<Map<string, number>> {
    const range = { gte: ["word", first], lt: ["word", end] };
    const words = new Map<string, number>();
    for await (const key of this.#reader.keys(range)) {
      const word = key[1] as string;
      words.set(word, (words.get(word) ?? 0) + 1);
    }
    return words;
  }

  /** One line of a file. Needs no promise, since the store is a local folder. */
  line(path: string, line: number): string | undefined {
    return this.#reader.getSync(["line", path, line]);
  }

  /** A whole file, put together from its lines. */
  text(path: string): string {
    const lines: string[] = [];
    for (const [, text] of this.#reader.scanSync({ prefix: ["line", path] })) {
      lines.push(text);
    }
    return lines.join("\n");
  }
}

/** An index that can be changed. */
export class SearchIndex extends SearchReader {
  readonly #db: KvEngine<Tuple, string>;

  constructor(db: KvEngine<Tuple, string>) {
    super(db);
    this.#db = db;
  }

  /**
   * Takes a file in, or takes its new content in if it has changed. Returns its places, or
   * `undefined` if nothing has.
   */
  async add(path: string, text: string): Promise<number | undefined> {
    const hash = createHash("sha256").update(text).digest("base64url");
    const known = await this.file(path);
    if (known?.hash === hash) return undefined;
    const batch = this.#db.batch();
    if (known !== undefined) this.#removeLines(batch, path);
    const lines = text.split("\n");
    let places = 0;
    lines.forEach((line, index) => {
      batch.put(["line", path, index + 1], line);
      for (const [word, columns] of columnsOfWords(line)) {
        batch.put(["word", word, path, index + 1], columns.join(","));
        places++;
      }
    });
    const record: FileRecord = { hash, lines: lines.length, places };
    batch.put(["file", path], JSON.stringify(record));
    // An index can be made anew: it need not wait for the disk at every file.
    await batch.commit({ sync: false });
    return places;
  }

  /** Forgets a file and returns how many entries that took. */
  async remove(path: string): Promise<number> {
    const batch = this.#db.batch();
    this.#removeLines(batch, path);
    batch.del(["file", path]);
    await batch.commit();
    return batch.size;
  }

  /** The stored lines tell which words point to them. */
  #removeLines(batch: KvBatch<Tuple, string>, path: string): void {
    for (const [key, line] of this.#db.scanSync({ prefix: ["line", path] })) {
      batch.del(key);
      for (const word of columnsOfWords(line).keys()) {
        batch.del(["word", word, path, key[2] as number]);
      }
    }
  }
}

function columnsOfWords(line: string): Map<string, number[]> {
  const words = new Map<string, number[]>();
  for (const match of line.matchAll(wordPattern)) {
    const word = match[0].toLowerCase();
    const columns = words.get(word);
    if (columns === undefined) words.set(word, [match.index + 1]);
    else columns.push(match.index + 1);
  }
  return words;
}

function placeOf([, , path, line]: Tuple, columns: string): Place {
  return {
    path: path as string,
    line: line as number,
    column: Number.parseInt(columns),
  };
}
