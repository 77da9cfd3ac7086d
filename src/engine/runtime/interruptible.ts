/**
 * Waits for promises until a signal is aborted, with one listener for all of them: to wait a
 * million times takes no memory.
 */
export class Interruptible {
  readonly #signal: AbortSignal | undefined;
  #reject: ((reason: unknown) => void) | undefined;
  readonly #onAbort = () => this.#reject?.(this.#signal!.reason);

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort);
  }

  /** Throws the reason of the signal once it is aborted. */
  throwIfAborted(): void {
    this.#signal?.throwIfAborted();
  }

  /**
   * What `work` answers, or the reason of the signal as soon as it is aborted; the work itself goes
   * on. One call at a time.
   */
  wait<T>(work: Promise<T>): Promise<T> {
    if (this.#signal === undefined) return work;
    if (this.#signal.aborted) {
      // Nobody hears of its failure any more.
      work.catch(() => {});
      return Promise.reject(this.#signal.reason);
    }
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      work.then(resolve, reject);
    });
  }

  /** Lets go of the signal. */
  end(): void {
    this.#reject = undefined;
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}

/** The same for one promise. */
export async function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const interruptible = new Interruptible(signal);
  try {
    return await interruptible.wait(work);
  } finally {
    interruptible.end();
  }
}
