import { constants } from "node:os";
import process from "node:process";
import { SIGNALLED } from "./exit_codes.ts";
import { Interrupted } from "./failure.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Turns the signals that ask for an end into an `AbortSignal`, so that what runs can finish its
 * batch and close the store. A second one ends the process at once, which a store survives as it
 * survives a crash.
 */
export class Interrupts implements Disposable {
  #controller = new AbortController();
  readonly #listeners = SIGNALS.map((name) => {
    const listener = () => this.interrupt(name);
    process.on(name, listener);
    return { name, listener };
  });

  /** Aborted, with {@linkcode Interrupted} as the reason, once the end was asked for. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Asks for the end, as the signal does. */
  interrupt(name: typeof SIGNALS[number]): void {
    const number = constants.signals[name];
    if (this.signal.aborted) process.exit(SIGNALLED + number);
    this.#controller.abort(new Interrupted(name, number));
  }

  /** Begins anew, for the next command of a shell. */
  renew(): void {
    if (this.signal.aborted) this.#controller = new AbortController();
  }

  [Symbol.dispose](): void {
    for (const { name, listener } of this.#listeners) {
      process.off(name, listener);
    }
  }
}
