import { setImmediate } from "node:timers";

/**
 * Runs `task` in a later turn of the event loop, when what is ready now (timers, sockets, other
 * writers) has had its turn.
 */
export function inLaterTurn(task: () => void): void {
  setImmediate(task);
}

/** Resolves in a later turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Rounds of the event loop after which everybody has had a turn. In Deno a round may come to timers
 * alone: what other threads and the network send is looked for only in every 31st. Measured, with 8
 * ms of work between two turns: messages of a worker waited for up to 110 ms when a turn was one
 * round, and for no more than the 8 ms when it was 32, which take 70 us.
 */
const FAIR_ROUNDS = 32;

/**
 * Or after so many milliseconds: rounds that take long have given others their turn. Measured in a
 * server in Node with 10 busy connections: a write without a sync took 340 ms when it waited for 32
 * such rounds.
 */
const FAIR_MS = 4;

/** The clock of the runtime, in milliseconds. */
const clock = () => performance.now();

/** Gives way to all that is ready, messages of other threads and the network included. */
export async function giveWay(now: () => number = clock): Promise<void> {
  const end = now() + FAIR_MS;
  let round = 0;
  do await nextTurn(); while (++round < FAIR_ROUNDS && now() < end);
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
  constructor(now: () => number = clock) {
    this.#now = now;
    this.#sliceEnd = now() + SLICE_MS;
  }

  /** Counts units of work and says whether the slice is over. */
  isDue(units = 1): boolean {
    this.#units += units;
    if (this.#units < UNITS_PER_LOOK) return false;
    this.#units = 0;
    return this.#now() >= this.#sliceEnd;
  }

  /** Gives way to the rest of the program; then a new slice begins. */
  async pause(): Promise<void> {
    await giveWay(this.#now);
    this.#sliceEnd = this.#now() + SLICE_MS;
  }
}
