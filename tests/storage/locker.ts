import { open } from "../../mod.ts";
import { KvLockedError } from "../../src/errors.ts";
import { NodeStorage } from "../../src/storage/node.ts";
import { collectGarbage } from "../support/garbage.ts";

/**
 * Locks a folder as it is told. Commands:
 *
 * - `exclusive`, `shared`: takes the lock of the storage; `open`: opens the store
 * - `release`: lets go of it
 * - `forget`: drops the lock without releasing it and collects garbage
 * - `race`, `race-open` and a time: as `exclusive` and `open`, at that time in milliseconds since
 *   1970
 *
 * Each is answered with a line.
 */
export class Locker {
  readonly #folder: string;
  #release: (() => unknown) | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async obey(line: string): Promise<string> {
    const [command, time] = line.split(" ");
    switch (command) {
      case "race":
        await until(Number(time));
        return this.#take(false);
      case "race-open":
        await until(Number(time));
        return await this.#open();
      case "open":
        return await this.#open();
      case "exclusive":
      case "shared":
        return this.#take(command === "shared");
      case "release":
        await this.#release?.();
        this.#release = undefined;
        return "released";
      case "forget":
        this.#release = undefined;
        await collectGarbage();
        return "forgotten";
      default:
        return `unknown command ${command}`;
    }
  }

  #take(shared: boolean): string {
    try {
      const lock = new NodeStorage(this.#folder).lock({ shared });
      this.#release = () => lock.release();
      return "locked";
    } catch (error) {
      return refusal(error);
    }
  }

  async #open(): Promise<string> {
    try {
      const db = await open(new NodeStorage(this.#folder));
      this.#release = () => db.close();
      return "locked";
    } catch (error) {
      return refusal(error);
    }
  }
}

/**
 * The longest that one may be early, in milliseconds: the clocks of processes differ by what was
 * changed between their starts.
 */
const MOST_MS = 50;

/** The last stretch is waited for without letting go of the thread: to race is to be on time. */
async function until(timeMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1));
  const start = performance.now();
  const end = Math.min(timeMs - performance.timeOrigin, start + MOST_MS);
  while (performance.now() < end);
}

function refusal(error: unknown): string {
  return error instanceof KvLockedError
    ? `refused: ${error.holder}`
    : `failed: ${error}`;
}
