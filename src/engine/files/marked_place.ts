import { invalidArgument } from "../../errors.ts";
import {
  type CHECKPOINT_NAME,
  type FileName,
  parseFileName,
  type REPAIR_NAME,
} from "../../format/file_names.ts";
import type { Storage } from "../../storage/storage.ts";

/** A file of a store. */
interface OwnFile {
  readonly name: string;
  readonly type: FileName["type"];
}

/**
 * A place that a store is copied to, under a mark that is there as long as the copy is not
 * complete. Beside a mark and without a manifest no engine opens the place, nor takes it for an
 * empty store; beside a manifest the mark means nothing, and the next open removes it.
 */
export class MarkedPlace {
  readonly #storage: Storage;
  readonly #mark: string;
  readonly #action: string;

  /**
   * @param mark Name of the empty file that marks the place.
   * @param action What is done there, for messages: `repair into`.
   */
  constructor(
    storage: Storage,
    mark: typeof CHECKPOINT_NAME | typeof REPAIR_NAME,
    action: string,
  ) {
    this.#storage = storage;
    this.#mark = mark;
    this.#action = action;
  }

  /**
   * Throws `KV_INVALID_ARGUMENT` for a place with files of a store; those under the mark are none.
   */
  async refuseStore(): Promise<void> {
    const files = await this.#files();
    if (files.some(({ type }) => type === "manifest")) {
      throw this.#refused("it already holds a store");
    }
    if (files.length > 0 && !this.#isMarked(files)) {
      throw this.#refused(
        `there are files of a store, such as ${
          files[0]!.name
        }, but no manifest`,
      );
    }
  }

  #refused(problem: string): Error {
    return invalidArgument(
      `Cannot ${this.#action} ${this.#storage.location}: ${problem}; give it a place of its own`,
    );
  }

  /** Sets the mark, durably, or clears what is under it. */
  async begin(): Promise<void> {
    if (this.#isMarked(await this.#files())) return await this.clear();
    await (await this.#storage.create(this.#mark)).close();
    await this.#storage.syncDirectory();
  }

  /**
   * Removes everything but the mark, durably. The manifest goes first: what is there in part must
   * not pass for a store.
   */
  async clear(): Promise<void> {
    for (const removed of ["manifest", "temporary", "segment"]) {
      for (const { type, name } of await this.#files()) {
        if (type === removed) await this.#storage.remove(name);
      }
    }
    await this.#storage.syncDirectory();
  }

  /** Removes the mark, which only what is complete loses. */
  async complete(): Promise<void> {
    try {
      await this.#storage.remove(this.#mark);
    } catch {
      // Beside a manifest it means nothing, and the next open removes it.
    }
  }

  #isMarked(files: readonly OwnFile[]): boolean {
    return files.some(({ name }) => name === this.#mark);
  }

  /** The files that are none of somebody else's. */
  async #files(): Promise<OwnFile[]> {
    return (await this.#storage.list()).flatMap((name) => {
      const type = parseFileName(name)?.type;
      return type === undefined ? [] : { name, type };
    });
  }
}
