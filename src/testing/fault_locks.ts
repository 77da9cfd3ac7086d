import { KvLockedError } from "../errors.ts";
import type { Awaitable } from "../storage/awaitable.ts";
import type { LockOptions, StorageLock } from "../storage/storage.ts";
import type { Medium } from "./medium.ts";

/** Who has a {@linkcode FaultStorage}: one engine, or any number of readers. */
export class FaultLocks {
  readonly #location: string;
  #readers = 0;
  #hasWriter = false;

  /** @param location Stands for the storage in messages. */
  constructor(location: string) {
    this.#location = location;
  }

  /** Takes it, or throws that somebody else has it. */
  lock(medium: Medium, { shared }: LockOptions): Awaitable<StorageLock> {
    return medium.answer({ operation: "lock", file: "" }, () => {
      if (this.#hasWriter || (this.#readers > 0 && !shared)) {
        throw new KvLockedError(this.#location, "an engine of this process");
      }
      if (shared) this.#readers++;
      else this.#hasWriter = true;
      let isHeld = true;
      const release = (): Awaitable<void> => {
        if (!isHeld) return;
        // As with files: it is gone even if to let go of it fails.
        isHeld = false;
        if (shared) this.#readers--;
        else this.#hasWriter = false;
        return medium.answer({ operation: "release", file: "" }, () => {});
      };
      return { release };
    });
  }
}
