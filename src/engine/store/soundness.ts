import { KvError } from "../../errors.ts";
import { KvPoisonedError } from "../api/poisoned_error.ts";

/**
 * Whether a store may still write. After the first failure of a write or a sync it is poisoned:
 * nothing is acknowledged any more. It also remembers whether a caller has heard of that, so that
 * the last chance to tell, `close`, is not missed.
 */
export class Soundness {
  #failure: { readonly error: unknown } | undefined;
  #isTold = false;

  get isSound(): boolean {
    return this.#failure === undefined;
  }

  /** Whether a write has failed and no caller has heard of it. */
  get isUntold(): boolean {
    return !this.isSound && !this.#isTold;
  }

  /**
   * Poisons the store, if it is not. `isTold` says whether callers are told of this very failure.
   */
  poison(error: unknown, isTold: boolean): void {
    this.#failure ??= { error };
    this.#isTold ||= isTold;
  }

  /** Throws `KV_POISONED` after a failure. */
  assert(): void {
    if (!this.isSound) throw this.poisonedError();
  }

  /** The same, where it is a caller who hears of it. */
  assertToCaller(): void {
    if (this.isSound) return;
    this.#isTold = true;
    throw this.poisonedError();
  }

  /** What callers are told after a failure. */
  poisonedError(): KvPoisonedError {
    return new KvPoisonedError(this.#failure?.error);
  }
}

/** What callers are told once the store is closed or being closed. */
export function closedError(): KvError {
  return new KvError(
    "KV_CLOSED",
    "Cannot use the store: it is closed; wait for calls before closing it, or open it again",
  );
}
