import type { Moments } from "./moments.ts";

/** Which keys a step of {@linkcode Model} goes through, as the range options of a scan say it. */
export interface ModelRange {
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
  readonly prefix?: string;
}

/** A state of the model, and how to go through it. */
export interface ModelScan {
  readonly moment: number;
  readonly range: ModelRange;
  readonly reverse: boolean;
}

interface Version {
  readonly moment: number;
  /** `undefined` from a delete on. */
  readonly value: string | undefined;
}

/**
 * What a store has to answer: a plain sorted list of keys, each with its values at all moments that
 * anybody still asks for. Keys and values are strings of one character a byte, whose order is that
 * of the bytes.
 */
export class Model {
  /** Every key that has versions, ascending. */
  #keys: string[] = [];
  /** Oldest version first. */
  readonly #versions = new Map<string, Version[]>();
  readonly #moments: Moments;

  constructor(moments: Moments) {
    this.#moments = moments;
  }

  put(key: string, value: string): void {
    this.#write(key, value);
  }

  /** Removes a key and tells whether it had a value. */
  del(key: string): boolean {
    const existed = this.get(key) !== undefined;
    this.#write(key, undefined);
    return existed;
  }

  /** Removes all keys of a range. */
  delRange(range: ModelRange): void {
    const start = this.#lowerBound((key) => !isBeforeStart(key, range));
    for (let at = start; at < this.#keys.length; at++) {
      const key = this.#keys[at]!;
      if (isPastEnd(key, range)) return;
      if (this.get(key) !== undefined) this.#write(key, undefined);
    }
  }

  /**
   * The key `steps` behind the first one that is not before `key`; `undefined` if there are not so
   * many.
   */
  keyBehind(key: string, steps: number): string | undefined {
    return this.#keys[this.#lowerBound((other) => other >= key) + steps];
  }

  get(key: string, moment = this.#moments.now): string | undefined {
    const versions = this.#versions.get(key);
    let i = (versions?.length ?? 0) - 1;
    while (i >= 0 && versions![i]!.moment > moment) i--;
    return versions?.[i]?.value;
  }

  /** The entries that a scan goes through, in its order. */
  *entries({ moment, range, reverse }: ModelScan): Generator<[string, string]> {
    const start = this.#lowerBound((key) => !isBeforeStart(key, range));
    const end = this.#lowerBound((key) => isPastEnd(key, range));
    for (let steps = 0; start + steps < end; steps++) {
      const key = this.#keys[reverse ? end - 1 - steps : start + steps]!;
      const value = this.get(key, moment);
      if (value !== undefined) yield [key, value];
    }
  }

  /** Forgets keys that have been deleted, while nobody holds a moment. */
  prune(): void {
    this.#keys = this.#keys.filter((key) => {
      const isLive = this.get(key) !== undefined;
      if (!isLive) this.#versions.delete(key);
      return isLive;
    });
  }

  /** The entry that a scan comes to after `last`, or the first one. */
  step(scan: ModelScan, last?: string): [string, string] | undefined {
    const { range, reverse, moment } = scan;
    const direction = reverse ? -1 : 1;
    let at = reverse
      ? this.#lowerBound((key) =>
        isPastEnd(key, range) || last !== undefined && key >= last
      ) - 1
      : this.#lowerBound((key) =>
        !isBeforeStart(key, range) && (last === undefined || key > last)
      );
    for (; at >= 0 && at < this.#keys.length; at += direction) {
      const key = this.#keys[at]!;
      const isOutside = reverse
        ? isBeforeStart(key, range)
        : isPastEnd(key, range);
      if (isOutside) return undefined;
      const value = this.get(key, moment);
      if (value !== undefined) return [key, value];
    }
    return undefined;
  }

  #write(key: string, value: string | undefined): void {
    const moment = this.#moments.next();
    const versions = this.#versions.get(key);
    if (versions === undefined) {
      this.#versions.set(key, [{ moment, value }]);
      this.#keys.splice(this.#lowerBound((other) => other > key), 0, key);
      return;
    }
    const newest = versions.at(-1)!;
    if (this.#moments.isSeen(newest.moment)) versions.push({ moment, value });
    else versions[versions.length - 1] = { moment, value };
    // What is older than all that is held is seen by nobody: only the last of these versions is
    // kept.
    const { oldest } = this.#moments;
    const kept = versions.findLastIndex((version) => version.moment <= oldest);
    if (kept > 0) versions.splice(0, kept);
  }

  /** Index of the first key for which `isBehind` holds, which holds for all that follow it too. */
  #lowerBound(isBehind: (key: string) => boolean): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBehind(this.#keys[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function isBeforeStart(key: string, { gt, gte, prefix }: ModelRange): boolean {
  return gt !== undefined && key <= gt || gte !== undefined && key < gte ||
    prefix !== undefined && key < prefix;
}

function isPastEnd(key: string, { lt, lte, prefix }: ModelRange): boolean {
  return lt !== undefined && key >= lt || lte !== undefined && key > lte ||
    prefix !== undefined && key > prefix && !key.startsWith(prefix);
}
