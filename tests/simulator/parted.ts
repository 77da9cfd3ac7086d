// A store whose keys are spread over itself and two keyspaces, seen as one store without.
import type {
  KvBatch,
  KvEngine,
  KvIterator,
  KvReader,
  KvSnapshot,
  KvSyncIterator,
  RangeOptions,
  ScanOptions,
  WriteOptions,
} from "../../mod.ts";
import type { History } from "./history.ts";
import type { Write } from "./operations.ts";

type Text = KvEngine<string, string>;
type Reader = KvReader<string, string>;

/**
 * A keyspace: the keys from `start` on and before `end` are in it. An entry with the key `marker`,
 * in front of them, says that it is there.
 */
interface Part {
  readonly name: string;
  readonly marker: string;
  readonly start: string;
  readonly end: string;
}

const PARTS: readonly Part[] = [
  { name: "a", marker: "k03~", start: "k04", end: "k08" },
  { name: "b", marker: "k07~", start: "k08", end: "k99" },
];

/** Ranges that are those of a whole keyspace: deleting one alone drops it. */
export const DROPS: readonly Write[] = PARTS.map((
  { start, end },
) => [start, undefined, end]);

const MADE = "made";

/** The writes, and what they do to the markers of keyspaces. */
export function withMarkers(
  writes: readonly Write[],
  history: History,
): readonly Write[] {
  const markers = PARTS.map((part): Write => {
    const isThere = history.value(part.marker) !== undefined;
    const isDropped = writes.length === 1 && isThere &&
      isDrop(writes[0]!, part);
    const isTouched = writes.some((write) => reaches(write, part));
    const isMade = !isDropped && (isThere || isTouched);
    return [part.marker, isMade ? MADE : undefined];
  });
  return [...writes, ...markers];
}

function isDrop([key, , end]: Write, part: Part): boolean {
  return key === part.start && end === part.end;
}

function reaches([key, , end]: Write, part: Part): boolean {
  return end === undefined
    ? key >= part.start && key < part.end
    : key < part.end && end > part.start;
}

function partOf(key: string): Part | undefined {
  return PARTS.find(({ start, end }) => key >= start && key < end);
}

/** The store as one; of an engine only what the simulation calls is there. */
export function parted(db: Text): KvEngine<unknown, unknown> {
  return new PartedStore(db) as unknown as KvEngine<unknown, unknown>;
}

class PartedReader {
  readonly #default: Reader;
  readonly #parts: () => ReadonlyMap<string, Reader>;
  readonly #names: () => readonly string[];

  constructor(
    own: Reader,
    parts: () => ReadonlyMap<string, Reader>,
    names: () => readonly string[],
  ) {
    this.#default = own;
    this.#parts = parts;
    this.#names = names;
  }

  #readerOf(key: string): Reader {
    const part = partOf(key);
    return part === undefined ? this.#default : this.#parts().get(part.name)!;
  }

  /** What the key of a marker has for a value; other keys have none here. */
  #marker(key: string): string | undefined {
    const part = PARTS.find(({ marker }) => marker === key);
    return part && this.#names().includes(part.name) ? MADE : undefined;
  }

  async get(key: string): Promise<string | undefined> {
    return this.#marker(key) ?? await this.#readerOf(key).get(key);
  }

  getSync(key: string): string | undefined {
    return this.#marker(key) ?? this.#readerOf(key).getSync(key);
  }

  /** What comes one after the other: entries of markers, and scans, all of which have begun. */
  #pieces<T>(
    { reverse = false }: ScanOptions<string>,
    scan: (reader: Reader) => T,
  ): (T | [string, string][])[] {
    const names = this.#names();
    const parts = this.#parts();
    const pieces: (T | [string, string][])[] = [scan(this.#default)];
    for (const { name, marker } of PARTS) {
      if (names.includes(name)) pieces.push([[marker, MADE]]);
      pieces.push(scan(parts.get(name)!));
    }
    return reverse ? pieces.reverse() : pieces;
  }

  scan(options: ScanOptions<string> = {}): KvIterator<[string, string]> {
    const pieces = this.#pieces(options, (reader) => reader.scan(options));
    async function* all() {
      try {
        for (const piece of pieces) yield* piece;
      } finally {
        for (const piece of pieces) {
          if (!Array.isArray(piece)) await piece.return();
        }
      }
    }
    const entries = all();
    // One that was never begun holds its scans all the same.
    const end = async () => {
      await entries.return();
      for (const piece of pieces) {
        if (!Array.isArray(piece)) await piece.return();
      }
    };
    return {
      next: () => entries.next(),
      return: end,
      [Symbol.asyncIterator]: () => entries,
    } as unknown as KvIterator<[string, string]>;
  }

  scanSync(
    options: ScanOptions<string> = {},
  ): KvSyncIterator<[string, string]> {
    const pieces = this.#pieces(options, (reader) => [
      ...reader.scanSync(options),
    ]);
    return pieces.flat().values() as unknown as KvSyncIterator<
      [string, string]
    >;
  }
}

class PartedStore extends PartedReader {
  readonly #db: Text;

  constructor(db: Text) {
    super(
      db,
      () => new Map(PARTS.map(({ name }) => [name, db.keyspace(name)])),
      () => db.keyspaces(),
    );
    this.#db = db;
  }

  #writerOf(key: string) {
    const part = partOf(key);
    return part === undefined ? this.#db : this.#db.keyspace(part.name);
  }

  put(key: string, value: string, options: WriteOptions): Promise<void> {
    return orRejected(() => this.#writerOf(key).put(key, value, options));
  }

  del(key: string, options: WriteOptions): Promise<boolean> {
    return orRejected(() => this.#writerOf(key).del(key, options));
  }

  delRange(
    { gte, lt }: { gte: string; lt: string },
    options: WriteOptions,
  ): Promise<void> {
    return orRejected(async () => {
      const part = PARTS.find(({ name, start, end }) =>
        start === gte && end === lt && this.#db.keyspaces().includes(name)
      );
      if (part !== undefined) {
        await this.#db.dropKeyspace(part.name, options);
      } else await this.batch().delRange({ gte, lt }).commit(options);
    });
  }

  clear(options: WriteOptions): Promise<void> {
    return this.delRange({ gte: "", lt: "k99" }, options);
  }

  batch(): KvBatch<string, string> {
    return new PartedBatch(this.#db) as unknown as KvBatch<string, string>;
  }

  snapshot(): KvSnapshot<string, string> {
    const db = this.#db;
    const snapshot = db.snapshot();
    const names = db.keyspaces();
    const parts = new Map(
      PARTS.map(({ name }) => [name, snapshot.keyspace(db.keyspace(name))]),
    );
    const reader = new PartedReader(snapshot, () => parts, () => names);
    return Object.assign(reader, {
      close: () => snapshot.close(),
      [Symbol.dispose]: () => snapshot.close(),
    }) as unknown as KvSnapshot<string, string>;
  }

  stats() {
    return this.#db.stats();
  }

  flush(): Promise<void> {
    return this.#db.flush();
  }

  compact(): Promise<void> {
    return this.#db.compact();
  }

  sync(): Promise<void> {
    return this.#db.sync();
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}

class PartedBatch {
  readonly #db: Text;
  readonly #batch: KvBatch<string, string>;

  constructor(db: Text) {
    this.#db = db;
    this.#batch = db.batch();
  }

  #faceOf(part: Part | undefined): KvBatch<string, string> {
    return part === undefined
      ? this.#batch
      : this.#batch.in(this.#db.keyspace(part.name));
  }

  put(key: string, value: string): this {
    this.#faceOf(partOf(key)).put(key, value);
    return this;
  }

  del(key: string): this {
    this.#faceOf(partOf(key)).del(key);
    return this;
  }

  delRange({ gte, lt }: RangeOptions<string>): this {
    const write: Write = [gte!, undefined, lt!];
    const first = PARTS[0]!.start;
    if (gte! < first) {
      this.#batch.delRange({ gte: gte!, lt: lt! < first ? lt! : first });
    }
    for (const part of PARTS) {
      if (!reaches(write, part)) continue;
      this.#faceOf(part).delRange({ gte: gte!, lt: lt! });
    }
    return this;
  }

  commit(options: WriteOptions): Promise<void> {
    return this.#batch.commit(options);
  }
}

/** As the engine itself does: what is thrown is a rejection. */
function orRejected<T>(write: () => Promise<T>): Promise<T> {
  try {
    return write();
  } catch (error) {
    return Promise.reject(error);
  }
}
