import { below, pick } from "../../codec/random.ts";
import type { ImportEnd } from "./import_source.ts";
import type { OtherAreas } from "./lifetime.ts";
import { nextTurn } from "./next_turn.ts";
import { type ImportPlan, RunningImport } from "./running_import.ts";
import type { World } from "./world.ts";

type Entry = readonly [string, string];

/** The most entries of an import; what stands here more often is chosen more often. */
const MOST_ENTRIES = [5, 5, 5, 50, 50, 50, 300, 2_500];
const MOST_BYSTANDERS = 16;

/** How an import ends that does not come to its end. */
const EARLY_ENDS: readonly ImportEnd[] = ["signal", "late signal", "failure"];

/** Imports, each with other operations while it is under way. */
export class Imports {
  readonly #world: World;
  readonly #areas: OtherAreas;

  constructor(world: World, areas: OtherAreas) {
    this.#world = world;
    this.#areas = areas;
  }

  async importEntries(): Promise<void> {
    await this.#import(this.#anyEntries(), { sorted: false });
  }

  async importSorted(): Promise<void> {
    await this.#import(this.#sortedEntries(), { sorted: true });
  }

  /** Ends an import early. What the error says is in the store is there, and no more. */
  async abortImport(): Promise<void> {
    const { random } = this.#world;
    const sorted = random() < 0.5;
    const entries = sorted ? this.#sortedEntries() : this.#anyEntries();
    await this.#import(entries, { sorted, end: pick(random, EARLY_ENDS) });
  }

  /** Keys that are out of order end an import with nothing of it in the store. */
  async importOutOfOrder(): Promise<void> {
    const entries = this.#sortedEntries();
    if (entries.length < 2) return;
    const at = 1 + below(this.#world.random, entries.length - 1);
    entries.splice(at, 0, entries[at - 1]!);
    await this.#import(entries, { sorted: true, end: "order" });
  }

  async #import(
    entries: readonly Entry[],
    { sorted, end }: { readonly sorted: boolean; readonly end?: ImportEnd },
  ): Promise<void> {
    const world = this.#world;
    const plan: ImportPlan = {
      space: world.space(),
      entries,
      options: {
        ...world.writeOptions(),
        sorted,
        batchSize: pick(world.random, [1, 7, 100, 1_000]),
      },
      ...end === undefined ? {} : { end },
    };
    await world.pending.settled();
    world.reserved = new Set(entries.map(([key]) => key));
    const running = new RunningImport(world, plan);
    for (let n = below(world.random, MOST_BYSTANDERS); n > 0; n--) {
      running.catchUp();
      await this.#bystander();
      if (world.random() < 0.5) await nextTurn();
    }
    await running.finish();
    world.reserved = new Set();
  }

  /**
   * What may happen while an import is under way. Where it cannot be told at once how far that is,
   * nothing is read.
   */
  #bystander(): void | Promise<void> {
    const { random, setting } = this.#world;
    const { writes, reads, scans, views, upkeep } = this.#areas;
    return pick(random, [
      () => writes.put(),
      () => writes.del(),
      () => upkeep.sync(),
      () => random() < 0.2 ? upkeep.flush() : writes.put(),
      ...setting.storage.synchronous
        ? [
          () => reads.get(),
          () => reads.getSync(),
          () => reads.count(),
          () => scans.scan(),
          () => scans.openScan(),
          () => scans.stepScan(),
          () => views.takeSnapshot(),
          () => random() < 0.3 ? views.closeSnapshot() : reads.getSync(),
          () => random() < 0.05 ? upkeep.compact() : reads.getMany(),
        ]
        : [],
    ])();
  }

  /** Keys in any order, each once. */
  #anyEntries(): Entry[] {
    const world = this.#world;
    const most = pick(world.random, MOST_ENTRIES);
    const count = below(world.random, most);
    return this.#entries(Array.from({ length: count }, () => world.key()));
  }

  /**
   * Ascending keys: mostly right behind one another, where the store may have none, so that
   * segments are installed.
   */
  #sortedEntries(): Entry[] {
    const world = this.#world;
    if (world.random() < 0.3) {
      return this.#anyEntries().sort(([a], [b]) => a < b ? -1 : 1);
    }
    const { face } = world.setting;
    const before = world.key();
    const first = below(world.random, 7_000);
    const count = below(world.random, pick(world.random, MOST_ENTRIES));
    return this.#entries(
      Array.from(
        { length: count },
        (_, i) => face.keyBehind(before, first + i),
      ),
    );
  }

  /** Each key once, and no value that there has been before. */
  #entries(keys: readonly string[]): Entry[] {
    const world = this.#world;
    return [...new Set(keys)].map((key, i) => {
      return [key, `${world.operation}.${i}:${world.value()}`];
    });
  }
}
