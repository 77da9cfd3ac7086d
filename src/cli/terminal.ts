import process from "node:process";
import pc from "picocolors";
import type { Output } from "./output.ts";

/** The styles that are used. */
export interface Styles {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
  cyan(text: string): string;
}

/** Styles for an output: none where it is no terminal, or a dumb one, or `NO_COLOR` is set. */
export function stylesFor(output: Output): Styles {
  return pc.createColors(pc.isColorSupported && isRich(output));
}

/** Whether lines on the output can be drawn anew. */
export function isRich(output: Output): boolean {
  return output.isTerminal && process.env["TERM"] !== "dumb";
}

/** Whether there is more than ASCII to draw with. */
export function hasUnicode(): boolean {
  const { LC_ALL, LC_CTYPE, LANG, TERM } = process.env;
  const locale = LC_ALL || LC_CTYPE || LANG || "";
  return TERM !== "dumb" && /utf-?8/i.test(locale);
}
