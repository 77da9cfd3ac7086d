import { compareBytes } from "../../bytes/compare.ts";
import { keyText } from "../../inspection/key_text.ts";
import type { StoreProblem } from "../../inspection/report.ts";

/** What was found in one file of a store. */
export interface FileReport {
  readonly type: "manifest" | "log" | "segment";
  readonly file: string;
  readonly bytes: number;
  /** What the file says, by name, in the order in which it is shown. Numbers are counts. */
  readonly facts: Readonly<Record<string, string | number>>;
  readonly problems: readonly StoreProblem[];
}

/** The smallest and the largest of the keys that it is shown. */
export class KeySpan {
  #from: Uint8Array | undefined;
  #to: Uint8Array | undefined;

  /** Looks at a key, which may change afterwards. */
  add(key: Uint8Array): void {
    if (this.#from === undefined || compareBytes(key, this.#from) < 0) {
      this.#from = key.slice();
    }
    if (this.#to === undefined || compareBytes(key, this.#to) > 0) {
      this.#to = key.slice();
    }
  }

  /** The facts about the keys. */
  facts(): Record<string, string> {
    return this.#from === undefined || this.#to === undefined ? {} : {
      "first key": keyText(this.#from),
      "last key": keyText(this.#to),
    };
  }
}
