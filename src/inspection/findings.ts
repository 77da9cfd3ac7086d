import {
  isShortage,
  KvCorruptionError,
  KvError,
  KvIoError,
} from "../errors.ts";
import type {
  KeyRange,
  StoreProblem,
  StoreProblemCode,
  VerifyReport,
} from "./report.ts";

/** How many problems are kept, so that memory stays bounded however much is damaged. */
const MOST_PROBLEMS = 10_000;

/** What is to be said of a problem beyond where it is. */
export interface Finding {
  readonly code: StoreProblemCode;
  readonly consequence: string;
  readonly keys?: KeyRange | undefined;
}

/** Gathers what a verification finds. */
export class Findings {
  readonly #problems: StoreProblem[] = [];
  #omitted = 0;
  #damaged = false;
  files = 0;
  blocks = 0;
  entries = 0;

  /** Notes damage. */
  damage(
    file: string,
    problem: Finding & { readonly message: string; readonly offset?: number },
  ): void {
    this.#damaged = true;
    this.#add({ severity: "damage", file, ...problem });
  }

  /** Notes something that is no damage. */
  remark(
    file: string,
    problem: Finding & { readonly message: string; readonly offset?: number },
  ): void {
    this.#add({ severity: "remark", file, ...problem });
  }

  /** Notes damage that a reader has noticed. */
  corruption(error: KvCorruptionError, finding: Finding): void {
    const { file, offset, message } = error;
    this.damage(file, { ...finding, offset, message });
  }

  /**
   * Does `work` on a file; what goes wrong with the file is noted, anything else thrown. Answers
   * with nothing then.
   */
  async attempt<T>(
    file: string,
    finding: Finding,
    work: () => T | Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!this.note(error, file, finding)) throw error;
      return undefined;
    }
  }

  /** Notes an error if it comes from the file and not from elsewhere; answers whether it does. */
  note(error: unknown, file: string, finding: Finding): boolean {
    if (error instanceof KvCorruptionError) {
      this.corruption(error, finding);
      return true;
    }
    const code = error instanceof KvIoError && !isShortage(error)
      ? "file-unreadable"
      : error instanceof KvError && error.code === "KV_UNSUPPORTED"
      ? "unsupported"
      : undefined;
    if (code === undefined) return false;
    this.damage(file, { ...finding, code, message: (error as Error).message });
    return true;
  }

  /** All that was found. */
  report(bytesRead: number): VerifyReport {
    return {
      ok: !this.#damaged,
      problems: this.#problems,
      omittedProblems: this.#omitted,
      files: this.files,
      blocks: this.blocks,
      entries: this.entries,
      bytesRead,
    };
  }

  #add({ keys, ...problem }: Omit<StoreProblem, "keys"> & Finding): void {
    if (this.#problems.length === MOST_PROBLEMS) {
      this.#omitted++;
      return;
    }
    this.#problems.push(keys === undefined ? problem : { ...problem, keys });
  }
}
