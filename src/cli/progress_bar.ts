// @ts-types="@types/cli-progress"
import cliProgress from "cli-progress";
import { countText, durationText, sizeText } from "./figures.ts";
import type { Output } from "./output.ts";
import { hasUnicode, isRich } from "./terminal.ts";

/** What is done sooner is not worth a bar. */
const QUIET_MS = 1000;
const FRAMES_PER_SECOND = 10;
const MIN_BAR = 8;
const MAX_BAR = 40;

/** What a bar tells of. */
export interface ProgressOptions {
  /** What is done, as a word: `Loading`. */
  readonly action: string;
  /** Bytes of it in all, where that is known. */
  readonly total?: number | undefined;
}

/** How far something has come. */
export interface Step {
  /** Bytes that are done. */
  readonly bytes: number;
  /** Bytes in all, where that becomes known only now. */
  readonly total?: number | undefined;
  /** Entries that are done, where they are counted. */
  readonly entries?: number | undefined;
}

/**
 * A bar on standard error with rate and time left, for what takes longer than a second; nothing
 * where that is no terminal, or one that cannot go back in a line.
 */
export class ProgressBar implements Disposable {
  readonly #output: Output;
  readonly #action: string;
  readonly #startedMs = performance.now();
  readonly #isShown: boolean;
  #step: Step;
  #bar: cliProgress.SingleBar | undefined;

  constructor(output: Output, { action, total }: ProgressOptions) {
    this.#output = output;
    this.#action = action;
    this.#step = { bytes: 0, total };
    this.#isShown = isRich(output);
  }

  /** Milliseconds since the start. */
  get elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  /** Says how far it has come. Cheap enough to be called after every read. */
  update(step: Step): void {
    this.#step = { ...step, total: step.total ?? this.#step.total };
    if (!this.#isShown) return;
    if (this.#bar === undefined) {
      if (this.elapsedMs < QUIET_MS) return;
      this.#bar = this.#start();
    }
    this.#bar.update(step.bytes);
  }

  /** Takes the bar away. */
  [Symbol.dispose](): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #start(): cliProgress.SingleBar {
    const bar = new cliProgress.SingleBar({
      stream: this.#output.stream,
      format: () => this.#text(),
      fps: FRAMES_PER_SECOND,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
      linewrap: false,
    });
    bar.start(this.#step.total ?? 0, this.#step.bytes);
    return bar;
  }

  #text(): string {
    const { bytes, total, entries } = this.#step;
    const seconds = Math.max(this.elapsedMs, 1) / 1000;
    const parts = [];
    if (total !== undefined && total > 0) {
      parts.push(`${Math.floor(Math.min(1, bytes / total) * 100)} %`);
    } else parts.push(sizeText(bytes));
    parts.push(`${sizeText(bytes / seconds)}/s`);
    if (entries !== undefined) parts.push(`${countText(entries)} entries`);
    if (total !== undefined && bytes > 0) {
      const leftMs = Math.max(0, total - bytes) / bytes * seconds * 1000;
      parts.push(`${durationText(leftMs)} left`);
    } else parts.push(durationText(seconds * 1000));
    const text = parts.join("  ");
    const room = this.#output.columns - this.#action.length - text.length - 5;
    const bar = total === undefined || room < MIN_BAR
      ? ""
      : `${meter(bytes / Math.max(total, 1), Math.min(room, MAX_BAR))}  `;
    return `${this.#action}  ${bar}${text}`;
  }
}

/** A stretch of `width` characters of which a part, 0 to 1, is filled. */
export function meter(part: number, width: number): string {
  const [full, empty] = hasUnicode() ? ["█", "░"] as const : ["#", "."];
  const filled = Math.round(Math.min(1, Math.max(0, part)) * width);
  return full.repeat(filled) + empty.repeat(width - filled);
}
