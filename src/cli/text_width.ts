import stringWidth from "string-width";

const CUT = "...";
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** How many columns of a terminal a text takes: two for each wide character, none for an accent. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/**
 * A text that takes no more than so many columns of a terminal: the beginning of it, if need be.
 */
export function fitted(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let start = "";
  let left = columns - CUT.length;
  for (const { segment } of graphemes.segment(text)) {
    left -= widthOf(segment);
    if (left < 0) break;
    start += segment;
  }
  return start + CUT;
}
