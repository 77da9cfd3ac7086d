/**
 * The sequence numbers that snapshots hold on to, so that flush and compaction keep the versions
 * they see.
 */
export class Snapshots {
  readonly #held = new Map<number, number>();

  /** How many snapshots are held. */
  get count(): number {
    let count = 0;
    for (const holders of this.#held.values()) count += holders;
    return count;
  }

  /** The oldest sequence number that is held. */
  get oldest(): number | undefined {
    return this.sorted()[0];
  }

  /** The newest. */
  get newest(): number | undefined {
    return this.sorted().at(-1);
  }

  /** All sequence numbers that are held, ascending. */
  sorted(): number[] {
    return [...this.#held.keys()].sort((a, b) => a - b);
  }

  /** Holds `sequence` for one more snapshot. */
  hold(sequence: number): void {
    this.#held.set(sequence, (this.#held.get(sequence) ?? 0) + 1);
  }

  /** Lets go for one snapshot. */
  release(sequence: number): void {
    const holders = this.#held.get(sequence)! - 1;
    if (holders === 0) this.#held.delete(sequence);
    else this.#held.set(sequence, holders);
  }
}
