import { UsageError } from "../failure.ts";

/**
 * Cuts a line into words. A word that begins with a quote goes to the next one, blanks included;
 * within `"`, `\"` is a quote. Elsewhere quotes and backslashes are what they are, so that
 * `["user",1]` and `a\x00b` can be typed as they stand.
 */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  let rest = line.trimStart();
  while (rest !== "") {
    const [whole, single, double, plain] = WORD.exec(rest) ?? [];
    if (whole === undefined) {
      throw new UsageError(`Cannot read the line: ${rest[0]} has no end`);
    }
    words.push(single ?? double?.replaceAll('\\"', '"') ?? plain!);
    rest = rest.slice(whole.length).trimStart();
  }
  return words;
}

const WORD = /^(?:'([^']*)'(?=\s|$)|"((?:\\"|[^"])*)"(?=\s|$)|([^\s'"]\S*))/;
