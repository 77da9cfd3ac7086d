import { compareBytes } from "../../src/bytes/compare.ts";
import type { Cursor, EntryRun } from "../../src/format/cursor.ts";
import { EntryView } from "../../src/format/entry.ts";
import { DELETE, PUT } from "../../src/format/kind.ts";
import { type Awaitable, isPending } from "../../src/storage/awaitable.ts";

/** An entry; `null` stands for a delete. */
export interface Item {
  readonly key: string;
  readonly sequence: number;
  readonly value: string | null;
}

/**
 * When a cursor answers: at once, with a promise, or now this way and now that, as a cache makes
 * it.
 */
export type Answering = "at once" | "later" | "either";

export const answerings: readonly Answering[] = ["at once", "later", "either"];

/**
 * A cursor over items that are in order. It holds its user to the contract: one move at a time, one
 * direction, none from nowhere, and none over a run that holds no longer.
 */
export class ArrayCursor implements Cursor {
  readonly entry: EntryView = new EntryView();
  readonly #items: readonly Item[];
  readonly #answering: Answering;
  #index = -1;
  #moves = 0;
  #isPending = false;
  #direction: "next" | "prev" | undefined;
  readonly #longestRun: number;
  /** How often it was asked for a run. */
  runsAsked = 0;
  /** How many moves over runs there were. */
  movesInRuns = 0;

  /** @param longestRun Of how many items it tells ahead. */
  constructor(
    items: readonly Item[],
    answering: Answering = "at once",
    longestRun = 0,
  ) {
    this.#items = items;
    this.#answering = answering;
    this.#longestRun = longestRun;
  }

  run(bound: EntryView | undefined): EntryRun | undefined {
    this.#assertAtEntry("run");
    if (this.#isPending || this.#direction !== "next") {
      throw new Error("a run that no forward move led to");
    }
    this.runsAsked++;
    if (this.#longestRun === 0) return undefined;
    const boundKey = bound && itemOf(bound).key;
    const last = this.#index + this.#longestRun;
    let moves = this.#moves;
    return {
      advance: () => {
        if (this.#moves !== moves) throw new Error("the run holds no longer");
        const next = this.#items[this.#index + 1];
        if (next === undefined || this.#index === last) return false;
        if (boundKey !== undefined && next.key >= boundKey) return false;
        moves = ++this.#moves;
        this.movesInRuns++;
        return this.#show(this.#index + 1);
      },
    };
  }

  seekToFirst(): Awaitable<boolean> {
    return this.#go(0, "next");
  }

  seekToLast(): Awaitable<boolean> {
    return this.#go(this.#items.length - 1, "prev");
  }

  seek(key: Uint8Array): Awaitable<boolean> {
    const index = this.#items.findIndex((item) => order(item, key) >= 0);
    return this.#go(index < 0 ? this.#items.length : index, "next");
  }

  seekBefore(key: Uint8Array): Awaitable<boolean> {
    return this.#go(
      this.#items.findLastIndex((item) => order(item, key) < 0),
      "prev",
    );
  }

  next(): Awaitable<boolean> {
    return this.#step(1, "next");
  }

  prev(): Awaitable<boolean> {
    return this.#step(-1, "prev");
  }

  #step(by: number, direction: "next" | "prev"): Awaitable<boolean> {
    this.#assertAtEntry(direction);
    if (this.#direction !== direction) throw new Error("direction changed");
    return this.#go(this.#index + by, direction);
  }

  #assertAtEntry(what: string): void {
    if (this.#items[this.#index] !== undefined) return;
    throw new Error(`${what} from where there is no entry`);
  }

  #go(index: number, direction: "next" | "prev"): Awaitable<boolean> {
    if (this.#isPending) throw new Error("moved before the last answer");
    this.#direction = direction;
    this.#moves++;
    const isLater = this.#answering === "later" ||
      (this.#answering === "either" && this.#moves % 3 === 0);
    if (!isLater) return this.#show(index);
    this.#isPending = true;
    // Whoever looks at the entry too early finds nonsense.
    fillView(this.entry, { key: "too early", sequence: -1, value: null });
    return Promise.resolve().then(() => {
      this.#isPending = false;
      return this.#show(index);
    });
  }

  #show(index: number): boolean {
    this.#index = index;
    const item = this.#items[index];
    fillView(this.entry, item ?? { key: "none", sequence: -1, value: null });
    return item !== undefined;
  }
}

/** Walks a cursor to the end and collects what it shows. */
export async function itemsFrom(
  cursor: Cursor,
  found: Awaitable<boolean>,
  step: "next" | "prev",
): Promise<Item[]> {
  const items: Item[] = [];
  for (let has = await found; has; has = await cursor[step]()) {
    items.push(itemOf(cursor.entry));
  }
  return items;
}

/** As {@linkcode itemsFrom}, but refuses promises. */
export function itemsAtOnce(
  cursor: Cursor,
  found: Awaitable<boolean>,
  step: "next" | "prev",
): Item[] {
  const items: Item[] = [];
  for (let has = found; has !== false; has = cursor[step]()) {
    if (isPending(has)) throw new Error("a promise from synchronous sources");
    items.push(itemOf(cursor.entry));
  }
  return items;
}

export function itemOf(view: EntryView): Item {
  const { keyBuffer, keyOffset, keyLength, sequence } = view;
  const { valueBuffer, valueOffset, valueLength } = view;
  const key = text(keyBuffer, keyOffset, keyLength);
  const isDelete = view.kind === DELETE;
  const value = isDelete ? null : text(valueBuffer, valueOffset, valueLength);
  return { key, sequence, value };
}

/** Reuses one buffer for all entries, as a cursor over blocks does. */
function fillView(view: EntryView, { key, sequence, value }: Item): void {
  if (view.keyBuffer.length === 0) view.keyBuffer = new Uint8Array(1024);
  const keyBytes = encode(key);
  view.keyBuffer.fill(0xee);
  view.keyOffset = 5;
  view.keyBuffer.set(keyBytes, view.keyOffset);
  view.keyLength = keyBytes.length;
  view.kind = value === null ? DELETE : PUT;
  view.sequence = sequence;
  view.valueBuffer = encode(value ?? "");
  view.valueOffset = 0;
  view.valueLength = view.valueBuffer.length;
}

function order(item: Item, key: Uint8Array): number {
  return compareBytes(encode(item.key), key);
}

export function encode(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function text(bytes: Uint8Array, offset: number, length: number): string {
  return new TextDecoder().decode(bytes.subarray(offset, offset + length));
}
