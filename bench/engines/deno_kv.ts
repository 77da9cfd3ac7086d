import type {
  BatchSpan,
  BenchEngine,
  BenchStore,
  EngineModule,
  ScanRange,
  Visit,
} from "./engine.ts";

/** What is used of Deno KV; its types come only with `--unstable-kv`. */
interface Kv {
  set(key: [string], value: string): Promise<unknown>;
  delete(key: [string]): Promise<void>;
  atomic(): Atomic;
  get(key: [string]): Promise<{ value: string | null }>;
  getMany(keys: [string][]): Promise<{ value: string | null }[]>;
  list(
    selector: Record<string, unknown>,
    options: Record<string, unknown>,
  ): AsyncIterable<{ key: [string]; value: string }>;
  close(): void;
}

interface Atomic {
  set(key: [string], value: string): this;
  commit(): Promise<unknown>;
}

/** Both are limits of Deno KV. */
const MOST_KEYS = 10;
const MOST_LISTED = 500;

/** Deno's own store, on SQLite. */
export const denoKv: EngineModule = {
  name: "deno-kv",
  load() {
    const { Deno } = globalThis as unknown as {
      Deno?: {
        openKv?: (path: string) => Promise<Kv>;
        version: { deno: string };
      };
    };
    const openKv = Deno?.openKv;
    if (Deno === undefined || openKv === undefined) {
      throw new Error("only Deno has it");
    }
    const engine: BenchEngine = {
      name: "deno-kv",
      version: `of Deno ${Deno.version.deno}`,
      // It does not say when writes are durable.
      canSync: false,
      describe: () =>
        `no settings for durability or cache, list with batchSize ${MOST_LISTED}`,
      async open({ folder }) {
        return new DenoKvStore(await openKv(`${folder}/kv.sqlite`));
      },
    };
    return Promise.resolve(engine);
  },
};

class DenoKvStore implements BenchStore {
  readonly #kv: Kv;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  put(key: string, value: string): Promise<unknown> {
    return this.#kv.set([key], value);
  }

  putBatch({ keys, values, start, end }: BatchSpan): Promise<unknown> {
    const atomic = this.#kv.atomic();
    for (let i = start; i < end; i++) atomic.set([keys[i]!], values[i]!);
    return atomic.commit();
  }

  del(key: string): Promise<void> {
    return this.#kv.delete([key]);
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#kv.get([key])).value ?? undefined;
  }

  async getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    const parts = [];
    for (let i = 0; i < keys.length; i += MOST_KEYS) {
      const part = keys.slice(i, i + MOST_KEYS);
      parts.push(this.#kv.getMany(part.map((key) => [key])));
    }
    return (await Promise.all(parts)).flat()
      .map(({ value }) => value ?? undefined);
  }

  async scan(
    { from, reverse = false, limit }: ScanRange,
    visit: Visit,
  ): Promise<void> {
    const batchSize = Math.min(limit ?? MOST_LISTED, MOST_LISTED);
    const selector = from === undefined
      ? { prefix: [] }
      : { start: [from], end: ["~"] };
    const options = limit === undefined ? {} : { limit };
    const list = this.#kv.list(selector, { ...options, reverse, batchSize });
    for await (const { key, value } of list) visit(key[0], value);
  }

  settle(): void {}

  close(): void {
    this.#kv.close();
  }
}
