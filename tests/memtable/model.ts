import type { MemTable } from "../../src/memtable/memtable.ts";
import { below, pick, randomBytes } from "../codec/random.ts";
import { del, FIRST_SEQUENCE, hex, put, type Row } from "./tables.ts";

/** Every write of a table in order, and what a table should say of them. */
export class TableModel {
  /** Rows by key, each key's from old to new. */
  readonly #rows = new Map<string, Row[]>();
  #lastSequence = FIRST_SEQUENCE - 1;

  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Keys in ascending order. */
  get keys(): string[] {
    return [...this.#rows.keys()].sort();
  }

  /** Makes the same write in the model and in `table`. */
  write(table: MemTable, key: Uint8Array, value: Uint8Array | null): void {
    if (value === null) del(table, key);
    else put(table, key, value);
    this.note(key, value);
  }

  /** Makes a write in the model alone. */
  note(key: Uint8Array, value: Uint8Array | null): void {
    const name = hex(key);
    const row: Row = [name, ++this.#lastSequence, value && hex(value)];
    const rows = this.#rows.get(name);
    if (rows === undefined) this.#rows.set(name, [row]);
    else rows.push(row);
  }

  /** The newest row of a key that is not newer than `sequence`. */
  rowAt(key: string, sequence: number): Row | undefined {
    return this.#rows.get(key)?.findLast((row) => row[1] <= sequence);
  }

  /** The newest row of each key as of `sequence`, in order. */
  rowsAt(sequence: number): Row[] {
    return this.keys.map((key) => this.rowAt(key, sequence))
      .filter((row) => row !== undefined);
  }

  /** All versions of all keys: keys ascending, of each the newest first. */
  allVersions(): Row[] {
    return this.keys.flatMap((key) => this.#rows.get(key)!.toReversed());
  }
}

/** Makes `count` writes to keys that come up again and again. */
export function writeRandomly(
  model: TableModel,
  table: MemTable,
  options: { count: number; keys: number; random: () => number },
): void {
  const { count, keys, random } = options;
  for (let i = 0; i < count; i++) {
    const key = randomKey(random, keys);
    const isDelete = random() < 0.2;
    const value = isDelete ? null : randomBytes(random, below(random, 12));
    model.write(table, key, value);
  }
}

/** One of about `keys` keys, many of which begin another. */
export function randomKey(random: () => number, keys: number): Uint8Array {
  const number = String(below(random, keys));
  const text = pick(random, ["", "k", "key/"]) + number +
    pick(random, ["", "", "\0", "\0\0"]);
  return new TextEncoder().encode(text);
}
