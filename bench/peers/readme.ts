import { readFileSync, writeFileSync } from "node:fs";
import { judge } from "../goals.ts";
import { reportOf } from "./report.ts";
import type { Results } from "./results.ts";

const README = new URL("../README.md", import.meta.url);
const BEGIN = "<!-- results: begin -->";
const END = "<!-- results: end -->";

/**
 * Puts the results of these files where the README of the benches has its own, in place of those
 * that are there.
 */
export function writeReadme(files: readonly string[]): void {
  writeFileSync(README, withResults(readFileSync(README, "utf8"), files));
}

/** `text` with the results between its marks. */
export function withResults(text: string, files: readonly string[]): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`There is no ${BEGIN}`);
  const parts = files.map((file) => {
    const results = readResults(file);
    const { machine, sizes } = results;
    const title = `### ${machine.runtime}, ${
      sizes.num.toLocaleString("en-US")
    } records`;
    return `${title}\n\n${reportOf(results, judge(results))}\n`;
  });
  return `${text.slice(0, begin)}${BEGIN}\n\n${parts.join("\n")}\n${
    text.slice(end)
  }`;
}

export function readResults(file: string): Results {
  return JSON.parse(readFileSync(file, "utf8"));
}
