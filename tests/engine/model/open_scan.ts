import type {
  KvIterator,
  KvSyncIterator,
  ScanOptions,
} from "../../../src/engine/api/ranges.ts";
import type { KvReader } from "../../../src/engine/api/reader.ts";
import { below } from "../../codec/random.ts";
import { expectClosed } from "./expect.ts";
import type { Face } from "./face.ts";
import type { Model, ModelRange } from "./model.ts";

/** Which of the scans of a reader, and through what. */
export interface ScanSpec {
  readonly kind: "scan" | "scanSync" | "keys";
  readonly range: ModelRange;
  readonly reverse: boolean;
  readonly limit: number;
}

/** What a scan goes through. */
interface ScanPlace {
  readonly reader: KvReader<unknown, unknown>;
  /** The moment of the model that the reader shows. */
  readonly moment: number;
  readonly face: Face;
}

/** A scan of the engine and, in step with it, one of the model. */
export class OpenScan {
  readonly reader: KvReader<unknown, unknown>;
  readonly #place: ScanPlace;
  readonly #model: Model;
  readonly #spec: ScanSpec;
  readonly #moment: number;
  readonly #iterator:
    | KvIterator<unknown>
    | KvSyncIterator<[unknown, unknown]>;
  #left: number;
  #last: string | undefined;
  #isReleased = false;
  /** Whether the end has been asked for. */
  isDone = false;

  constructor(place: ScanPlace, model: Model, spec: ScanSpec) {
    this.reader = place.reader;
    this.#place = place;
    this.#model = model;
    this.#spec = spec;
    this.#left = spec.limit;
    this.#iterator = start(place, spec);
    this.#moment = model.hold(place.moment);
  }

  /** Takes one step; answers at once if the engine does. */
  step(): Promise<void> | undefined {
    const expected = this.#nextExpected();
    const { value } = this;
    const answer = this.#iterator.next();
    if (!(answer instanceof Promise)) return value(answer, expected);
    return answer.then((result) => value(result, expected));
  }

  /** Fails if the scan goes on although its reader is closed. */
  async expectClosed(): Promise<void> {
    await expectClosed(() => this.#iterator.next());
    this.forget();
  }

  /** Steps to the end. */
  drain(): Promise<void> | undefined {
    if (this.#spec.kind === "scanSync") {
      while (!this.isDone) this.step();
      return undefined;
    }
    return this.#drain();
  }

  async #drain(): Promise<void> {
    while (!this.isDone) await this.step();
  }

  /** Ends the scan before its end. */
  async end(): Promise<void> {
    this.forget();
    await this.#iterator.return();
    const { done } = await this.#iterator.next();
    if (done !== true) throw new Error("a scan went on after its end");
  }

  /** Lets the model forget the scan. */
  forget(): void {
    if (!this.#isReleased) this.#model.release(this.#moment);
    this.#isReleased = true;
  }

  #nextExpected(): [string, string] | undefined {
    const { range, reverse } = this.#spec;
    const expected = this.#left > 0 && !this.isDone
      ? this.#model.step({ moment: this.#moment, range, reverse }, this.#last)
      : undefined;
    this.#left--;
    this.#last = expected?.[0];
    if (expected === undefined) {
      this.isDone = true;
      this.forget();
    }
    return expected;
  }

  readonly value = (
    result: IteratorResult<unknown, undefined>,
    expected: [string, string] | undefined,
  ): undefined => {
    const actual = result.done ? undefined : this.#text(result.value);
    const wanted = this.#spec.kind === "keys"
      ? expected?.[0]
      : expected?.join(" = ");
    if (actual === wanted) return;
    throw new Error(
      `${this} has come to ${brief(actual)}, not to ${brief(wanted)}`,
    );
  };

  #text(item: unknown): string {
    const { face } = this.#place;
    if (this.#spec.kind === "keys") return face.textOfKey(item);
    const [key, value] = item as [unknown, unknown];
    return `${face.textOfKey(key)} = ${face.textOfValue(value)}`;
  }

  toString(): string {
    return `${this.#spec.kind}(${JSON.stringify(this.#spec)})`;
  }
}

function start(
  { reader, face }: ScanPlace,
  { kind, range, reverse, limit }: ScanSpec,
): KvIterator<unknown> | KvSyncIterator<[unknown, unknown]> {
  const bounds = Object.fromEntries(
    Object.entries(range).map(([name, text]) => [name, face.keyOf(text)]),
  );
  const options: ScanOptions<unknown> = { ...bounds, reverse, limit };
  return reader[kind](options);
}

/** What random scans are made of. */
export interface ScanChoices {
  readonly key: () => string;
  readonly canCutKeys: boolean;
  readonly mayBeSync: boolean;
}

/** A scan with any of the bounds there are. */
export function randomScan(
  random: () => number,
  choices: ScanChoices,
): ScanSpec {
  const kind = random() < 0.2
    ? "keys"
    : choices.mayBeSync && random() < 0.6
    ? "scanSync"
    : "scan";
  const roll = random();
  const limit = roll < 0.03 ? 0 : roll < 0.997 ? below(random, 40) : Infinity;
  const range = randomRange(random, choices);
  return { kind, range, reverse: random() < 0.4, limit };
}

function randomRange(
  random: () => number,
  { key, canCutKeys }: ScanChoices,
): ModelRange {
  const lower = random();
  const upper = random();
  return {
    ...lower < 0.3 ? { gt: key() } : lower < 0.6 ? { gte: key() } : {},
    ...upper < 0.2 ? { lt: key() } : upper < 0.4 ? { lte: key() } : {},
    ...random() < 0.2 ? { prefix: prefix() } : {},
  };

  function prefix(): string {
    const text = key();
    return canCutKeys ? text.slice(0, below(random, text.length + 1)) : text;
  }
}

function brief(text: string | undefined): string {
  return text === undefined ? "the end" : JSON.stringify(text.slice(0, 80));
}
