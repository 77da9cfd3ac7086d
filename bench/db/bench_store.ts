import { rmSync } from "node:fs";
import { type KvEngine, type KvStats, open } from "../../mod.ts";
import type { Flags } from "./flags.ts";

/** The shape of the store: the presets of the engine, written out because `waitUntilIdle` goes by them. */
const COMPACTION = { threshold: 4, levelSize: 64 << 20, levelRatio: 10 };

/** The store that the workloads share. */
export class BenchStore {
  readonly #folder: string;
  readonly #flags: Flags;
  #db: KvEngine<string, string> | undefined;
  /** Keys that have a value: those with numbers below this. */
  filled = 0;
  /** How often each of them has been written. */
  generation = 0;
  /** What was done to the store, in a word. */
  state = "empty";

  constructor(folder: string, flags: Flags) {
    this.#folder = folder;
    this.#flags = flags;
  }

  get db(): KvEngine<string, string> {
    if (this.#db === undefined) throw new Error("The store is not open");
    return this.#db;
  }

  /** Begins anew with an empty store. */
  async reset(): Promise<void> {
    await this.close();
    rmSync(this.#folder, { recursive: true, force: true });
    this.#db = await open<string, string>(this.#folder, {
      cacheSize: this.#flags.cache,
      compaction: COMPACTION,
      errorIfExists: true,
    });
    this.filled = 0;
    this.generation = 0;
    this.state = "empty";
  }

  /** Writes the MemTable to a segment and waits until no compaction is due. */
  async settle(): Promise<void> {
    await this.db.flush();
    while (isWorkDue(this.db.stats())) await sleep(5);
  }

  async close(): Promise<void> {
    await this.#db?.close();
    this.#db = undefined;
  }
}

/** Levels past their bounds have a compaction under way. */
function isWorkDue({ levels, memtable }: KvStats): boolean {
  const { threshold, levelSize, levelRatio } = COMPACTION;
  return memtable.waiting > 0 ||
    levels.some(({ bytes, segments }, level) =>
      level === 0
        ? segments >= threshold
        : bytes > levelSize * levelRatio ** (level - 1)
    );
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
