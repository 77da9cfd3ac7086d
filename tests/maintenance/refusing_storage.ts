import { KvIoError } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { bytesOf } from "./damaged_store.ts";

/** What is asked of a file: to be opened, or to be read from `start` to `end`. */
export interface Request {
  readonly operation: "open" | "readAt";
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** A copy of a store that refuses what it is told to refuse. */
export class RefusingStorage extends MemoryStorage {
  /** How many files are open. */
  openFiles = 0;
  readonly #refusalOf: (request: Request) => Error | undefined;

  /** @param refusalOf The error of the system with which to refuse a request. */
  constructor(
    store: MemoryStorage,
    refusalOf: (request: Request) => Error | undefined,
  ) {
    super();
    this.#refusalOf = refusalOf;
    for (const name of store.list()) {
      this.create(name).append(bytesOf(store, name));
    }
  }

  override open(name: string) {
    this.#answer({ operation: "open", name, start: 0, end: 0 });
    const file = super.open(name);
    this.openFiles++;
    return {
      size: file.size,
      readAt: (target: Uint8Array, start: number) => {
        const end = start + target.length;
        this.#answer({ operation: "readAt", name, start, end });
        return file.readAt(target, start);
      },
      close: () => {
        this.openFiles--;
        return file.close();
      },
    };
  }

  #answer(request: Request): void {
    const cause = this.#refusalOf(request);
    if (cause === undefined) return;
    const { operation, name } = request;
    throw new KvIoError(operation, name, "other", { cause });
  }
}

/** The error of a disk. */
export function diskError(): Error {
  return systemError("EIO", "input/output error");
}

/** An error as runtimes make it for one of the system. */
export function systemError(code: string, problem: string): Error {
  return Object.assign(new Error(`${code}: ${problem}`), { code });
}
