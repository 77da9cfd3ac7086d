/** The moments of models that are written together, and which of them anybody still asks for. */
export class Moments {
  /** How many hold on to each moment. */
  readonly #held = new Map<number, number>();
  #now = 0;

  /** The present. */
  get now(): number {
    return this.#now;
  }

  /** The oldest moment that anybody asks for, which may be the present. */
  get oldest(): number {
    return Math.min(...this.#held.keys(), this.#now);
  }

  /** Begins a new moment, as each write does. */
  next(): number {
    return ++this.#now;
  }

  /**
   * Keeps the state of the present, or of a moment that is held already, until
   * {@linkcode Moments.release}.
   */
  hold(moment = this.#now): number {
    this.#held.set(moment, (this.#held.get(moment) ?? 0) + 1);
    return moment;
  }

  release(moment: number): void {
    const holders = this.#held.get(moment)! - 1;
    if (holders > 0) this.#held.set(moment, holders);
    else this.#held.delete(moment);
  }

  /** Whether anybody holds a moment at or after `moment`. */
  isSeen(moment: number): boolean {
    for (const held of this.#held.keys()) if (held >= moment) return true;
    return false;
  }
}
