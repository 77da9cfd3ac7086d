import type { AbstractSnapshot } from "abstract-level";
import type { LevelRange } from "./bounds.ts";
import type { Data, Format } from "./formats.ts";

/** What abstract-level adds to the options of a read. */
export interface ReadOptions {
  readonly keyEncoding: Format;
  readonly valueEncoding: Format;
  readonly snapshot?: AbstractSnapshot;
}

/** And of an iterator. */
export interface IteratorOptions extends ReadOptions, LevelRange {
  readonly keys?: boolean;
  readonly values?: boolean;
  readonly signal?: AbortSignal;
}

/** One write of a batch. */
export type Operation =
  | { readonly type: "put"; readonly key: Data; readonly value: Data }
  | { readonly type: "del"; readonly key: Data };
