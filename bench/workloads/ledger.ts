/** What each record has been given last, by the number of the record. */
export class Ledger {
  /** How often each of them has been written. */
  readonly #generations: number[];
  /** The group in which it was written last, and the first generation of that group. */
  readonly #groups = new Map<number, { group: number; first: number }>();
  #group = 0;

  /** Every record has been written once. */
  constructor(records: number) {
    this.#generations = new Array(records).fill(1);
  }

  get size(): number {
    return this.#generations.length;
  }

  /** All writes from here to the next call are under way at the same time. */
  beginGroup(): void {
    this.#group++;
  }

  /** Notes a write, of a record that is there or the next one, and answers its generation. */
  write(number: number): number {
    const generation = (this.#generations[number] ?? 0) + 1;
    this.#generations[number] = generation;
    if (this.#groups.get(number)?.group !== this.#group) {
      this.#groups.set(number, { group: this.#group, first: generation });
    }
    return generation;
  }

  /**
   * The generations that a record may have: engines with several threads do not keep the order of
   * writes that are under way together.
   */
  lastOf(number: number): number[] {
    const last = this.#generations[number]!;
    const first = this.#groups.get(number)?.first ?? last;
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  }
}
