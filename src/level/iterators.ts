import {
  AbstractIterator,
  AbstractKeyIterator,
  AbstractValueIterator,
} from "abstract-level";
import type { Data } from "./formats.ts";
import { type DataEntry, Steps, type StepsOptions } from "./steps.ts";

/**
 * What an iterator is made with: its steps, without what it makes of them, and the options of
 * abstract-level.
 */
export interface IteratorParts {
  readonly steps: Omit<StepsOptions<never>, "pick">;
  readonly options: object;
}

/** Goes through entries. */
export class LevelIterator<D, K, V> extends AbstractIterator<D, K, V> {
  readonly #steps: Steps<DataEntry>;

  constructor(db: D, { steps, options }: IteratorParts) {
    super(db, options);
    this.#steps = new Steps({ ...steps, pick: (entry) => entry });
  }

  _next(): Promise<DataEntry | undefined> {
    return this.#steps.next();
  }

  _nextv(size: number): Promise<DataEntry[]> {
    return this.#steps.take(size);
  }

  _all(): Promise<DataEntry[]> {
    return this.#steps.take(this.limit - this.count);
  }

  _seek(target: Data): void {
    this.#steps.seek(target);
  }

  _close(): void {
    this.#steps.close();
  }
}

/** Goes through keys. */
export class LevelKeyIterator<D, K> extends AbstractKeyIterator<D, K> {
  readonly #steps: Steps<Data>;

  constructor(db: D, { steps, options }: IteratorParts) {
    super(db, options);
    this.#steps = new Steps({ ...steps, pick: ([key]) => key });
  }

  _next(): Promise<Data> {
    return this.#steps.next();
  }

  _nextv(size: number): Promise<Data[]> {
    return this.#steps.take(size);
  }

  _all(): Promise<Data[]> {
    return this.#steps.take(this.limit - this.count);
  }

  _seek(target: Data): void {
    this.#steps.seek(target);
  }

  _close(): void {
    this.#steps.close();
  }
}

/** Goes through values. */
export class LevelValueIterator<D, K, V>
  extends AbstractValueIterator<D, K, V> {
  readonly #steps: Steps<Data>;

  constructor(db: D, { steps, options }: IteratorParts) {
    super(db, options);
    this.#steps = new Steps({ ...steps, pick: ([, value]) => value });
  }

  _next(): Promise<Data> {
    return this.#steps.next();
  }

  _nextv(size: number): Promise<Data[]> {
    return this.#steps.take(size);
  }

  _all(): Promise<Data[]> {
    return this.#steps.take(this.limit - this.count);
  }

  _seek(target: Data): void {
    this.#steps.seek(target);
  }

  _close(): void {
    this.#steps.close();
  }
}
