import { AbstractChainedBatch } from "abstract-level";
import type { KvBatch, WriteOptions } from "../engine/api/batch.ts";
import type { Data } from "./formats.ts";

/** A batch that gathers its records as they come, already encoded. */
export class LevelChainedBatch<D, K, V> extends AbstractChainedBatch<D, K, V> {
  readonly #start: () => KvBatch<Data, Data>;
  #batch: KvBatch<Data, Data>;

  /** @param start Starts a batch of the engine. */
  constructor(db: D, start: () => KvBatch<Data, Data>) {
    super(db);
    this.#start = start;
    this.#batch = start();
  }

  _put(key: Data, value: Data): void {
    this.#batch.put(key, value);
  }

  _del(key: Data): void {
    this.#batch.del(key);
  }

  _clear(): void {
    this.#batch = this.#start();
  }

  _write(options: WriteOptions): Promise<void> {
    return this.#batch.commit(writeOptions(options));
  }
}

/** Of the options of a write, those of the engine. */
export function writeOptions(
  { sync }: { readonly sync?: boolean },
): WriteOptions | undefined {
  return sync === undefined ? undefined : { sync };
}
