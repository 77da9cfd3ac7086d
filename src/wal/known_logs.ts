import { readLogHeader } from "../format/log_format.ts";

/**
 * What a log file has at its start that is not its own: the header of an older log that is there as
 * well, or of one that is not there.
 */
export type Staleness = "copy" | "remains";

/**
 * Tells files that came out of a crash with what their blocks held before: nothing was written to
 * them yet, and they begin as an older log. Logs are asked for from the oldest to the newest.
 */
export class KnownLogs {
  /** Salts, by number. */
  readonly #salts = new Map<number, number>();

  /**
   * Looks at a log image, or no more than its header; `undefined` if the header may be its own, or
   * is of another store.
   */
  stalenessOf(image: Uint8Array, number: number): Staleness | undefined {
    const header = readLogHeader(image);
    if (header === undefined || !("number" in header)) return undefined;
    if (header.number === number) this.#salts.set(number, header.salt);
    if (header.number >= number) return undefined;
    const salt = this.#salts.get(header.number);
    if (salt === undefined) return "remains";
    return salt === header.salt ? "copy" : undefined;
  }
}
