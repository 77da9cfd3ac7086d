import { Buffer } from "node:buffer";
import { compareSpans } from "../../src/bytes/compare.ts";
import type {
  BatchSpan,
  BenchEngine,
  BenchStore,
  EngineModule,
  ScanRange,
  Visit,
} from "./engine.ts";

/**
 * No engine, but what none can do without: it shows how far reads of strings can go in a runtime.
 * Records lie side by side in one array, in the order of their keys; a get hashes its key, finds
 * the record by a table, compares the key and makes a string of the value, a scan makes two strings
 * of each record. There are no files, no versions, no locks and no checks, and writes only go into
 * a `Map`, of which the array is made when the first read comes behind them.
 */
export const floor: EngineModule = {
  name: "floor",
  load() {
    const engine: BenchEngine = {
      name: "floor",
      version: "-",
      canSync: false,
      describe: () =>
        "no engine: records of ASCII in an array, found by a hash table; nothing is kept; only its reads mean anything",
      open: () => new FloorStore(),
    };
    return Promise.resolve(engine);
  },
};

class FloorStore implements BenchStore {
  readonly #entries = new Map<string, string>();
  #records: Records | undefined;

  put(key: string, value: string): void {
    this.#entries.set(key, value);
    this.#records = undefined;
  }

  putBatch({ keys, values, start, end }: BatchSpan): void {
    for (let i = start; i < end; i++) this.put(keys[i]!, values[i]!);
  }

  del(key: string): void {
    this.#entries.delete(key);
    this.#records = undefined;
  }

  getSync(key: string): string | undefined {
    return this.#read().get(key);
  }

  // deno-lint-ignore require-await
  async get(key: string): Promise<string | undefined> {
    return this.#read().get(key);
  }

  scanSync(range: ScanRange, visit: Visit): void {
    this.#read().scan(range, visit);
  }

  #read(): Records {
    return this.#records ??= new Records(this.#entries);
  }

  settle(): void {
    this.#read();
  }

  close(): void {
    this.#entries.clear();
    this.#records = undefined;
  }
}

/** Takes any array, unlike the methods of a `Buffer`. */
const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
};

class Records {
  readonly #bytes: Uint8Array;
  /** Where each record begins; one more for the end. */
  readonly #starts: Uint32Array;
  readonly #keyEnds: Uint32Array;
  /** Pairs: the hash of a key, and the number of its record, counted from 1. */
  readonly #slots: Uint32Array;
  readonly #mask: number;
  readonly #key = new Uint8Array(256);

  constructor(entries: ReadonlyMap<string, string>) {
    const keys = [...entries.keys()].sort();
    this.#starts = new Uint32Array(keys.length + 1);
    this.#keyEnds = new Uint32Array(keys.length);
    const slots = 2 ** Math.ceil(Math.log2(1.5 * keys.length + 1));
    this.#slots = new Uint32Array(2 * slots);
    this.#mask = slots - 1;
    const texts = keys.flatMap((key) => [key, entries.get(key)!]);
    this.#bytes = Buffer.from(texts.join(""), "latin1");
    let end = 0;
    keys.forEach((key, i) => {
      this.#starts[i] = end;
      this.#keyEnds[i] = end + key.length;
      end += key.length + entries.get(key)!.length;
      this.#enter(this.#encode(key), i + 1);
    });
    this.#starts[keys.length] = end;
  }

  #enter(hash: number, number: number): void {
    let at = hash & this.#mask;
    while (this.#slots[2 * at + 1] !== 0) at = (at + 1) & this.#mask;
    this.#slots[2 * at] = hash;
    this.#slots[2 * at + 1] = number;
  }

  /** Puts the key where it can be compared, and answers its hash. */
  #encode(key: string): number {
    let hash = 0;
    for (let i = 0; i < key.length; i++) {
      const code = key.charCodeAt(i);
      this.#key[i] = code;
      hash = Math.imul(hash ^ code, 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) >>> 0;
  }

  get(key: string): string | undefined {
    const hash = this.#encode(key);
    for (let at = hash & this.#mask;; at = (at + 1) & this.#mask) {
      const number = this.#slots[2 * at + 1]!;
      if (number === 0) return undefined;
      if (this.#slots[2 * at] !== hash) continue;
      if (this.#compare(number - 1, key.length) === 0) {
        return this.#value(number - 1);
      }
    }
  }

  /** Orders the key of a record against the one that was encoded last. */
  #compare(record: number, length: number): number {
    const start = this.#starts[record]!;
    const recordLength = this.#keyEnds[record]! - start;
    return compareSpans(this.#bytes, start, recordLength, this.#key, 0, length);
  }

  #keyOf(record: number): string {
    const start = this.#starts[record]!;
    return latin1Slice.call(this.#bytes, start, this.#keyEnds[record]!);
  }

  #value(record: number): string {
    const start = this.#keyEnds[record]!;
    return latin1Slice.call(this.#bytes, start, this.#starts[record + 1]!);
  }

  scan({ from, reverse, limit = Infinity }: ScanRange, visit: Visit): void {
    const { length } = this.#keyEnds;
    const first = from === undefined ? 0 : this.#lowerBound(from);
    const count = Math.min(limit, length - first);
    for (let i = 0; i < count; i++) {
      const record = reverse ? length - 1 - i : first + i;
      visit(this.#keyOf(record), this.#value(record));
    }
  }

  #lowerBound(key: string): number {
    this.#encode(key);
    let low = 0;
    let high = this.#keyEnds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(middle, key.length) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
