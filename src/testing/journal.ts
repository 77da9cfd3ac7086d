import { Disk, type Effect } from "./disk.ts";

interface Entry {
  /** Calls that had been made, this one included. */
  readonly call: number;
  readonly effect: Effect;
}

/**
 * All effects of the calls of a storage, so that its disk can be had as it was after any of them.
 */
export class Journal {
  /** The disk as of now. */
  readonly now: Disk;
  #start: Disk;
  #entries: Entry[] = [];
  /**
   * The disk at the place that was looked at last: mostly the next look goes to a place a little
   * later.
   */
  #replayed: Disk;
  #replayedEntries = 0;

  /** @param disk The disk before the first call, which the journal takes over. */
  constructor(disk: Disk) {
    this.now = disk;
    this.#start = new Disk(disk);
    this.#replayed = new Disk(disk);
  }

  /** Makes an effect of call number `call` happen. */
  add(call: number, effect: Effect): void {
    this.now.apply(effect);
    this.#entries.push({ call, effect });
  }

  /** The disk after call number `call`, until the next look at another. It must not be changed. */
  after(call: number): Disk {
    const entries = this.#entries;
    const last = entries[this.#replayedEntries - 1];
    if (last !== undefined && last.call > call) {
      this.#replayed = new Disk(this.#start);
      this.#replayedEntries = 0;
    }
    for (;;) {
      const next = entries[this.#replayedEntries];
      if (next === undefined || next.call > call) return this.#replayed;
      this.#replayed.apply(next.effect);
      this.#replayedEntries++;
    }
  }

  /** Forgets how the disk came to be what it is now. */
  clear(): void {
    this.#start = new Disk(this.now);
    this.#replayed = new Disk(this.now);
    this.#entries = [];
    this.#replayedEntries = 0;
  }
}
