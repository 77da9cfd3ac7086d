import { Imports } from "./imports.ts";
import { Lifetime } from "./lifetime.ts";
import { Reads } from "./reads.ts";
import { Scans } from "./scans.ts";
import type { ModelSetting } from "./setting.ts";
import { Upkeep } from "./upkeep.ts";
import { Views } from "./views.ts";
import { World } from "./world.ts";
import { Writes } from "./writes.ts";

/** How many answers may be waited for at once. */
const MOST_PENDING = 48;

/** Operations by how often they happen. */
const WEIGHTS = {
  writes: {
    put: 3500,
    del: 1400,
    delRange: 100,
    delPrefix: 20,
    clear: 0.2,
    batch: 400,
    dropKeyspace: 1,
  },
  reads: {
    get: 1000,
    getSync: 1300,
    has: 400,
    getMany: 150,
    count: 20,
    countSync: 20,
    approximateSize: 10,
  },
  scans: {
    scan: 300,
    firstOrLast: 50,
    openScan: 120,
    stepScan: 900,
    endScan: 60,
    abortScan: 10,
    stream: 10,
    exportTo: 10,
  },
  views: {
    takeSnapshot: 40,
    closeSnapshot: 35,
    follow: 20,
    snapshotFollower: 30,
    closeFollowerSnapshot: 15,
    unfollow: 2,
  },
  imports: {
    importEntries: 2,
    importSorted: 3,
    abortImport: 2,
    importOutOfOrder: 0.5,
  },
  upkeep: {
    flush: 4,
    compact: 0.7,
    abortCompact: 0.3,
    sync: 20,
    wait: 150,
    verify: 0.5,
    checkpoint: 0.5,
    abortCheckpoint: 0.5,
  },
  lifetime: {
    reopen: 2,
    reopenReadOnly: 0.5,
    reopenVerified: 0.5,
    kill: 1,
  },
};

type Area = keyof typeof WEIGHTS;
type Operation = () => void | Promise<void>;

/**
 * What can be done with an open engine, each with random arguments, and with the model beside it.
 */
type Areas = {
  readonly [A in Area]: Record<keyof typeof WEIGHTS[A], Operation>;
};

interface Lot {
  /** The sum of all weights up to this one. */
  readonly end: number;
  readonly area: Area;
  readonly name: string;
}

const LOTS = Object.entries(WEIGHTS)
  .flatMap(([area, weights]) =>
    Object.entries(weights).map(([name, weight]) => ({ area, name, weight }))
  )
  .reduce<Lot[]>((lots, { area, name, weight }) => {
    const end = (lots.at(-1)?.end ?? 0) + weight;
    return [...lots, { end, area: area as Area, name }];
  }, []);

/**
 * Random operations on an engine that is closed and opened again and again; every answer is
 * compared.
 */
export class ModelRun {
  readonly #world: World;
  readonly #areas: Areas;
  readonly #lifetime: Lifetime;
  readonly #upkeep: Upkeep;
  /** The operation that is going on. */
  operationName = "open";

  constructor(setting: ModelSetting, seed: number) {
    const world = new World(setting, seed);
    const others = {
      writes: new Writes(world),
      reads: new Reads(world),
      scans: new Scans(world),
      views: new Views(world),
      upkeep: new Upkeep(world),
    };
    this.#world = world;
    this.#lifetime = new Lifetime(world, others);
    this.#upkeep = others.upkeep;
    this.#areas = {
      ...others,
      imports: new Imports(world, others),
      lifetime: this.#lifetime,
    };
  }

  /** Number of the operation that is going on. */
  get operation(): number {
    return this.#world.operation;
  }

  /** The deepest level that has had a segment. */
  get deepestLevel(): number {
    return this.#world.deepestLevel;
  }

  /** How often the store was opened again. */
  get reopened(): number {
    return this.#lifetime.reopened;
  }

  /** Runs `count` operations and closes the store. */
  async run(count: number): Promise<void> {
    const { pending } = this.#world;
    await this.#lifetime.open();
    while (this.operation < count) {
      this.#world.operation++;
      const done = this.#next();
      if (done !== undefined) await done;
      if (pending.count >= MOST_PENDING) await this.#upkeep.wait();
    }
    await this.#lifetime.reopen();
    await this.#lifetime.close();
  }

  #next(): void | Promise<void> {
    const at = this.#world.random() * LOTS.at(-1)!.end;
    const { area, name } = LOTS.find(({ end }) => at < end)!;
    this.operationName = name;
    this.#world.pending.label = `${this.operation} (${name})`;
    return (this.#areas[area] as Record<string, Operation>)[name]!();
  }
}
