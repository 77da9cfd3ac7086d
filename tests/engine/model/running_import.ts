import type { ImportOptions } from "../../../src/engine/api/transfer.ts";
import { KvImportError } from "../../../src/errors.ts";
import { expectSame } from "./expect.ts";
import { type ImportEnd, importSource } from "./import_source.ts";
import type { Space } from "./place.ts";
import type { World } from "./world.ts";

/** What is imported, and how. */
export interface ImportPlan {
  readonly space: Space;
  /** Each key once, each value another than any before. */
  readonly entries: readonly (readonly [string, string])[];
  readonly options: ImportOptions;
  readonly end?: ImportEnd;
}

/**
 * An import that is under way. The entries become visible in the order of the source, in steps or
 * all at once; the model follows what the engine shows, which has to be what the import says in the
 * end that it has done.
 */
export class RunningImport {
  readonly #world: World;
  readonly #plan: ImportPlan;
  readonly #outcome: Promise<void>;
  #applied = 0;

  constructor(world: World, plan: ImportPlan) {
    this.#world = world;
    this.#plan = plan;
    const { face } = world.setting;
    const { end } = plan;
    const entries = plan.entries.map(([key, value]): [unknown, unknown] => [
      face.keyOf(key),
      face.valueOf(value),
    ]);
    const { source, signal, reason } = importSource(world.random, entries, end);
    const options = { ...plan.options, signal };
    this.#outcome = world.writer(plan.space).importFrom(source, options).then(
      ({ entries }) => {
        if (end === "order") throw new Error("keys out of order were taken");
        if (end === undefined) {
          expectSame(entries, plan.entries.length, "imported entries");
        }
        this.#complete(entries);
      },
      (error) => this.#complete(this.#entriesBefore(error, reason)),
    );
    // It is waited for later.
    this.#outcome.catch(() => {});
  }

  /** Brings the model to what the engine shows of the import, where that can be asked at once. */
  catchUp(): void {
    const { setting: { face, storage } } = this.#world;
    if (!storage.synchronous) return;
    const { space, entries } = this.#plan;
    const reader = this.#world.writer(space);
    while (this.#applied < entries.length) {
      const [key, value] = entries[this.#applied]!;
      const seen = reader.getSync(face.keyOf(key));
      if (seen === undefined || face.textOfValue(seen) !== value) return;
      this.#apply();
    }
  }

  /** Waits for the end. */
  async finish(): Promise<void> {
    await this.#outcome;
  }

  #apply(): void {
    const { space, entries } = this.#plan;
    const [key, value] = entries[this.#applied++]!;
    space.model.put(key, value);
  }

  /** Compares what the import says it has done with what is there. */
  #complete(entries: number): void {
    this.catchUp();
    if (!this.#world.setting.storage.synchronous) {
      while (this.#applied < entries) this.#apply();
    }
    expectSame(this.#applied, entries, "imported entries that are there");
  }

  /** How many entries an import that ended early has put. */
  #entriesBefore(error: unknown, reason: Error): number {
    if (!(error instanceof KvImportError)) throw error;
    const { end } = this.#plan;
    if (end === "order") {
      expectSame(
        error.code,
        "KV_INVALID_ARGUMENT",
        "code for keys out of order",
      );
      expectSame(error.entries, 0, "entries of an import out of order");
    } else if (end === undefined || error.cause !== reason) throw error;
    return error.entries;
  }
}
