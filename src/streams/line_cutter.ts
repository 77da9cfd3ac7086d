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
  /** The beginning of a line that has no end yet. */
  #rest: Uint8Array[] = [];
  #isFirst = true;

  /** The lines that end in a chunk, if any. */
  add(chunk: Uint8Array): Lines | undefined {
    const end = chunk.lastIndexOf(LINE_END);
    const whole = end < 0
      ? undefined
      : joined([...this.#rest, chunk.subarray(0, end)]);
    if (whole !== undefined) this.#rest = [];
    // Whoever has written the chunk may use its bytes again.
    this.#rest.push(chunk.slice(end + 1));
    return whole && this.#linesOf(whole);
  }

  /** What comes behind the last end of a line. */
  rest(): Lines {
    return this.#linesOf(joined(this.#rest));
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

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
