import { WholeLines } from "../bytes/whole_lines.ts";

const LINE_END = 0x0a;
const MARK = "\ufeff";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Lines without their ends. */
export interface Lines {
  readonly texts: readonly string[];
  /** Whether a line that is not UTF-8 follows. */
  readonly isCutShort: boolean;
}

/** Cuts chunks of bytes into lines. */
export class LineCutter {
  readonly #whole = new WholeLines();
  #isFirst = true;

  /** The lines that end in a chunk, if any. */
  add(chunk: Uint8Array): Lines | undefined {
    const whole = this.#whole.add(chunk);
    return whole && this.#linesOf(whole);
  }

  /** What comes behind the last end of a line. */
  rest(): Lines {
    return this.#linesOf(this.#whole.rest());
  }

  #linesOf(bytes: Uint8Array): Lines {
    const text = decoded(bytes);
    const texts = text?.split("\n") ?? textsBeforeWrong(bytes);
    if (this.#isFirst && texts[0]?.startsWith(MARK)) {
      texts[0] = texts[0].slice(MARK.length);
    }
    this.#isFirst = false;
    return { texts, isCutShort: text === undefined };
  }
}

/** The lines before the first that is not UTF-8. */
function textsBeforeWrong(bytes: Uint8Array): string[] {
  const texts: string[] = [];
  for (let start = 0; start <= bytes.length;) {
    const next = bytes.indexOf(LINE_END, start);
    const end = next < 0 ? bytes.length : next;
    const text = decoded(bytes.subarray(start, end));
    if (text === undefined) return texts;
    texts.push(text);
    start = end + 1;
  }
  return texts;
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch (error) {
    // Of another kind where a line is longer than strings can be.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
