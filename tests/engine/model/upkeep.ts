import { setImmediate } from "node:timers";
import { open } from "../../../mod.ts";
import { MemoryStorage } from "../../../src/storage/memory.ts";
import { expectLiveFilesOnly } from "../live_files.ts";
import { compareAll } from "./compare_all.ts";
import { expectSame } from "./expect.ts";
import { nextTurn } from "./next_turn.ts";
import type { World } from "./world.ts";

/** What does not change what the store holds. */
export class Upkeep {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  flush(): void {
    this.#world.pending.add(this.#world.db.flush());
  }

  compact(): void {
    this.#world.pending.add(this.#world.db.compact());
  }

  /** Compacts, and gives up after a turn; perhaps beside another compaction. */
  abortCompact(): void {
    const { db, pending, random } = this.#world;
    const controller = new AbortController();
    const reason = new Error("Enough");
    const compacted = db.compact({ signal: controller.signal });
    pending.add(compacted.catch((error) => {
      if (error !== reason) throw error;
    }));
    if (random() < 0.5) this.compact();
    setImmediate(() => controller.abort(reason));
  }

  sync(): void {
    this.#world.pending.add(this.#world.db.sync());
  }

  /** Waits for all answers, and lets background work go on. */
  async wait(): Promise<void> {
    await this.#world.pending.settled();
    this.#noteLevels();
    if (this.#world.random() < 0.3) await nextTurn();
  }

  /** Checks every byte of the store, while writes go on. */
  verify(): void {
    this.#world.pending.add(this.#world.db.verify(), ({ ok, problems }) => {
      expectSame(
        ok,
        true,
        `verify of the open store: ${JSON.stringify(problems)}`,
      );
    });
  }

  /** Copies the store while it works, and opens the copy. */
  async checkpoint(): Promise<void> {
    const world = this.#world;
    await world.pending.settled();
    const target = new MemoryStorage();
    const copied = world.db.checkpoint(target);
    if (world.random() < 0.5) this.flush();
    if (world.random() < 0.2) this.compact();
    await copied;
    const readOnly = world.random() < 0.5;
    const copy = await open(target, { ...world.codecs, readOnly });
    await compareAll(world, copy);
    await copy.close();
    await expectLiveFilesOnly(target);
  }

  /**
   * Begins a checkpoint and gives it up: there is no store, or, where the signal came late, all of
   * it.
   */
  async abortCheckpoint(): Promise<void> {
    const world = this.#world;
    await world.pending.settled();
    const target = new MemoryStorage();
    const controller = new AbortController();
    const reason = new Error("Enough");
    const copied = world.db.checkpoint(target, { signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    const error = await copied.then(() => undefined, (error) => error);
    if (error === undefined) return await expectLiveFilesOnly(target);
    if (error !== reason) throw error;
    // Nothing, if it had not begun.
    const left = target.list().join() || "CHECKPOINT";
    expectSame(left, "CHECKPOINT", "files of a checkpoint that ended");
  }

  #noteLevels(): void {
    const { levels } = this.#world.db.stats();
    const deepest = levels.findLastIndex(({ segments }) => segments > 0);
    this.#world.deepestLevel = Math.max(this.#world.deepestLevel, deepest);
  }
}
