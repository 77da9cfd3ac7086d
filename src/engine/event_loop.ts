import { setImmediate } from "node:timers";

/** Runs `task` in a later turn of the event loop, when what is ready now (timers, sockets, other writers) has had its turn. */
export function inLaterTurn(task: () => void): void {
  setImmediate(task);
}

/** Resolves in a later turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Long work runs in slices of about this many milliseconds. */
const SLICE_MS = 4;

/** Units of work between two looks at the clock. */
const UNITS_PER_LOOK = 64;

/**
 * Cuts long work into slices, so that the event loop never waits long for it:
 *
 *     if (pacer.isDue()) await pacer.pause();
 */
export class Pacer {
  readonly #now: () => number;
  #units = 0;
  #sliceEnd: number;

  /** @param now The clock, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#sliceEnd = now() + SLICE_MS;
  }

  /** Counts a unit of work and says whether the slice is over. */
  isDue(): boolean {
    if (++this.#units < UNITS_PER_LOOK) return false;
    this.#units = 0;
    return this.#now() >= this.#sliceEnd;
  }

  /** Gives way to the rest of the program; then a new slice begins. */
  async pause(): Promise<void> {
    await nextTurn();
    this.#sliceEnd = this.#now() + SLICE_MS;
  }
}
