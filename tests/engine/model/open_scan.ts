import type {
  KvIterator,
  KvSyncIterator,
} from "../../../src/engine/api/ranges.ts";
import { expectClosed } from "./expect.ts";
import { encodedRange } from "./face.ts";
import type { ModelRange } from "./model.ts";
import type { Place } from "./place.ts";

/** Which of the scans of a reader, and through what. */
export interface ScanSpec {
  readonly kind: "scan" | "scanSync" | "keys" | "keysSync";
  readonly range: ModelRange;
  readonly reverse: boolean;
  readonly limit: number;
}

/** A scan of the engine and, in step with it, one of the model. */
export class OpenScan {
  readonly reader: Place["reader"];
  readonly #place: Place;
  readonly #spec: ScanSpec;
  readonly #moment: number;
  readonly #iterator:
    | KvIterator<unknown>
    | KvSyncIterator<unknown>;
  #left: number;
  #last: string | undefined;
  #isReleased = false;
  /** Whether the end has been asked for. */
  isDone = false;

  constructor(place: Place, spec: ScanSpec) {
    this.reader = place.reader;
    this.#place = place;
    this.#spec = spec;
    this.#left = spec.limit;
    this.#iterator = start(place, spec);
    this.#moment = place.moments.hold(place.moment);
  }

  /** Takes one step; answers at once if the engine does. */
  step(): Promise<void> | undefined {
    const expected = this.#nextExpected();
    const { value } = this;
    const answer = this.#iterator.next();
    if (!(answer instanceof Promise)) return value(answer, expected);
    return answer.then((result) => value(result, expected));
  }

  /**
   * Fails if the scan goes on although its reader is closed. One that has shown all that it may has
   * ended before.
   */
  async expectClosed(): Promise<void> {
    if (this.#left === 0 && this.#spec.limit > 0) await this.#expectEnd();
    else await expectClosed(() => this.#iterator.next());
    this.forget();
  }

  /** Steps to the end. */
  drain(): Promise<void> | undefined {
    if (isSync(this.#spec)) {
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
    await this.#expectEnd();
  }

  async #expectEnd(): Promise<void> {
    const { done } = await this.#iterator.next();
    if (done !== true) throw new Error("a scan went on after its end");
  }

  /** Lets the model forget the scan. */
  forget(): void {
    if (!this.#isReleased) this.#place.moments.release(this.#moment);
    this.#isReleased = true;
  }

  #nextExpected(): [string, string] | undefined {
    const { range, reverse } = this.#spec;
    const expected = this.#left > 0 && !this.isDone
      ? this.#place.model.step(
        { moment: this.#moment, range, reverse },
        this.#last,
      )
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
    const wanted = ofKeys(this.#spec) ? expected?.[0] : expected?.join(" = ");
    if (actual === wanted) return;
    throw new Error(
      `${this} has come to ${brief(actual)}, not to ${brief(wanted)}`,
    );
  };

  #text(item: unknown): string {
    const { face } = this.#place;
    if (ofKeys(this.#spec)) return face.textOfKey(item);
    const [key, value] = item as [unknown, unknown];
    return `${face.textOfKey(key)} = ${face.textOfValue(value)}`;
  }

  toString(): string {
    return `${this.#spec.kind}(${JSON.stringify(this.#spec)})`;
  }
}

function start(
  { reader, face }: Place,
  { kind, range, reverse, limit }: ScanSpec,
): KvIterator<unknown> | KvSyncIterator<unknown> {
  return reader[kind]({ ...encodedRange(face, range), reverse, limit });
}

function isSync({ kind }: ScanSpec): boolean {
  return kind === "scanSync" || kind === "keysSync";
}

function ofKeys({ kind }: ScanSpec): boolean {
  return kind === "keys" || kind === "keysSync";
}

function brief(text: string | undefined): string {
  return text === undefined ? "the end" : JSON.stringify(text.slice(0, 80));
}
