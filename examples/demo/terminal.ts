// What the demo needs to look good at 80 columns: colours, numbers, a table, a
// progress line.
import process from "node:process";

const { stdout } = process;
const hasColours = Boolean(stdout.isTTY) && !process.env.NO_COLOR &&
  process.env.TERM !== "dumb";

export const bold = style(1);
export const dim = style(2);
export const green = style(32);
export const yellow = style(33);
export const cyan = style(36);

function style(code: number): (text: string) => string {
  return (text) => hasColours ? `\x1b[${code}m${text}\x1b[0m` : text;
}

/** Begins a section. */
export function heading(text: string): void {
  console.log(`\n${bold(text)}`);
}

/** Tells of a step that went well. */
export function done(text: string): void {
  console.log(`  ${green("✓")} ${text}`);
}

/** Tells of something that the reader may want to know. */
export function note(text: string): void {
  console.log(`  ${yellow("!")} ${text}`);
}

/** Fails the demo unless `condition` holds. */
export function check(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new Error(problem);
}

/** `1234567` as `1,234,567`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** `1 file`, `2 files`. */
export function plural(
  value: number,
  one: string,
  many: string = `${one}s`,
): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** `1536` as `1.5 KiB`. */
export function size(bytes: number): string {
  let value = bytes;
  for (const unit of ["B", "KiB", "MiB"]) {
    if (value < 1024) {
      return `${unit === "B" ? value : value.toFixed(1)} ${unit}`;
    }
    value /= 1024;
  }
  return `${value.toFixed(1)} GiB`;
}

/** `1234.5` as `1.23 s`, `0.0456` as `46 µs`. */
export function time(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return ms >= 1 ? `${ms.toFixed(1)} ms` : `${(ms * 1000).toFixed(0)} µs`;
}

/** `amount` in `ms` as a rate: `12,300/s`. */
export function rate(amount: number, ms: number): string {
  return `${count(amount / Math.max(ms, 0.001) * 1000)}/s`;
}

/** Cuts `text` to `width` columns. */
export function cut(text: string, width: number): string {
  const letters = [...text];
  return letters.length > width
    ? `${letters.slice(0, width - 1).join("")}…`
    : text;
}

/** Cuts the beginning of a path, so that it fits into `width` columns. */
export function cutPath(path: string, width: number): string {
  const letters = [...path];
  return letters.length > width
    ? `…${letters.slice(1 - width).join("")}`
    : path;
}

/** Prints rows of cells; the first column leans left, the others right. */
export function table(rows: readonly (readonly string[])[]): void {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  rows.forEach((row, line) => {
    const cells = row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)
    );
    const text = cells.join("   ").trimEnd();
    console.log(`  ${line === 0 ? dim(text) : text}`);
  });
}

/** A line that shows how far the work is; on a terminal only. */
export class ProgressLine {
  readonly #label: string;
  readonly #startedAt = performance.now();
  #shownAt = 0;

  constructor(label: string) {
    this.#label = label;
  }

  /** Shows that `fraction` of the work is done, at most ten times a second. */
  show(fraction: number, details: string): void {
    const now = performance.now();
    if (!stdout.isTTY || now - this.#shownAt < 100) return;
    this.#shownAt = now;
    const elapsed = now - this.#startedAt;
    const left = fraction > 0 ? elapsed / fraction - elapsed : 0;
    const filled = Math.round(fraction * 8);
    const bar = "█".repeat(filled) + "░".repeat(8 - filled);
    const percent = `${Math.floor(fraction * 100)} %`.padStart(5);
    const text = `${percent} · ${Math.ceil(left / 1000)} s left · ${details}`;
    // The last column stays free: some terminals wrap there.
    const room = (stdout.columns || 80) - this.#label.length - 13;
    stdout.write(`\r  ${this.#label} ${cyan(bar)}${cut(text, room)}\x1b[K`);
  }

  /** Takes the line away. */
  clear(): void {
    if (stdout.isTTY) stdout.write("\r\x1b[K");
  }
}
