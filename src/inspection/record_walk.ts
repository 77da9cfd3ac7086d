import { FRAME_HEADER_BYTES } from "../format/log_format.ts";
import {
  checkedRecordEnd,
  isRange,
  isRangeDelete,
  RECORD_HEADER_BYTES,
} from "../format/record.ts";
import type { FileWindow } from "./file_window.ts";
import type { LogFrame } from "./log_walk.ts";

/** Goes through the records of a valid frame, which may be larger than memory. */
export class RecordWalk {
  readonly #window: FileWindow;
  readonly #count: number;
  readonly #end: number;
  /** How many records were passed. */
  passed = 0;
  /** Where the record begins that `next` has come to, and where it ends. */
  start: number;
  end: number;

  constructor(window: FileWindow, { header, start, end }: LogFrame) {
    this.#window = window;
    this.#count = header.count;
    this.#end = end;
    this.start = start;
    this.end = start + FRAME_HEADER_BYTES;
  }

  /** Whether the records that were passed are as many as the frame says, and fill it. */
  get isWhole(): boolean {
    return this.passed === this.#count && this.end === this.#end;
  }

  /** Moves to the next record; answers whether there is one. */
  async next(): Promise<boolean> {
    const start = this.end;
    const left = this.#end - start;
    if (this.passed === this.#count || left < RECORD_HEADER_BYTES) return false;
    const head = this.#window.spanNow(start, RECORD_HEADER_BYTES) ??
      await this.#window.span(start, RECORD_HEADER_BYTES);
    const length = checkedRecordEnd(head, 0, left);
    if (length < 0) return false;
    if (isRangeDelete(head, 0)) {
      const record = await this.#window.span(start, length);
      if (!isRange(record, 0)) return false;
    }
    this.passed++;
    this.start = start;
    this.end = start + length;
    return true;
  }
}
