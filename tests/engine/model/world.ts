import type { KvEngine } from "../../../src/engine/api/engine.ts";
import type { KvKeyspace } from "../../../src/engine/api/keyspace.ts";
import type { WriteOptions } from "../../../src/engine/api/batch.ts";
import type { KvSnapshot } from "../../../src/engine/api/reader.ts";
import type { KvFollower } from "../../../src/follower/api.ts";
import { below, pick, seeded } from "../../codec/random.ts";
import { shown } from "./expect.ts";
import { Model, type ModelRange } from "./model.ts";
import { Moments } from "./moments.ts";
import type { OpenScan } from "./open_scan.ts";
import { Pending } from "./pending.ts";
import type { Place, Space, View } from "./place.ts";
import type { ModelSetting } from "./setting.ts";
import { randomValue } from "./values.ts";

/** How often an operation is about the keys outside keyspaces, where there are any. */
const SHARE_OUTSIDE = 0.7;

/** What a snapshot shows. */
export interface SnapshotView extends View {
  readonly reader: KvSnapshot<unknown, unknown>;
}

/** A store that is open, the models beside it, and whatever else is open on it. */
export class World {
  readonly setting: ModelSetting;
  readonly random: () => number;
  readonly moments: Moments = new Moments();
  readonly spaces: readonly Space[];
  readonly pending: Pending = new Pending();
  db!: KvEngine<unknown, unknown>;
  snapshots: SnapshotView[] = [];
  follower:
    | View & { readonly reader: KvFollower<unknown, unknown> }
    | undefined;
  /** Those of the follower, which stay as they are when it looks again. */
  followerSnapshots: SnapshotView[] = [];
  scans: OpenScan[] = [];
  /** Number of the operation that is going on; every write of a batch counts. */
  operation = 0;
  /** The deepest level that has had a segment. */
  deepestLevel = -1;
  /** Keys that are written by nobody but an import that is under way. */
  reserved: ReadonlySet<string> = new Set();
  readonly #keyspaces = new Map<string, KvKeyspace<unknown, unknown>>();

  constructor(setting: ModelSetting, seed: number) {
    this.setting = setting;
    this.random = seeded(seed);
    this.spaces = [undefined, ...setting.keyspaces].map((name, index) => {
      return { index, name, model: new Model(this.moments) };
    });
  }

  /** The store, newly opened. */
  use(db: KvEngine<unknown, unknown>): void {
    this.db = db;
    this.#keyspaces.clear();
  }

  /** The codecs that a store or keyspace is opened with. */
  get codecs() {
    const { keys, values } = this.setting.face;
    return { keys, values };
  }

  key(): string {
    return this.setting.key(this.random);
  }

  /** A key that may be written. */
  writtenKey(): string {
    for (;;) {
      const key = this.key();
      if (!this.reserved.has(key)) return key;
    }
  }

  value(): string {
    const { valueScale } = this.setting;
    return randomValue(this.random, this.operation, valueScale);
  }

  /** A range of so many keys as the model knows, from any key on; some may be deleted. */
  rangeOf({ model }: Space, keys: number): ModelRange {
    const lower = this.key();
    const upper = model.keyBehind(lower, below(this.random, keys)) ?? lower;
    return {
      ...this.random() < 0.5 ? { gte: lower } : { gt: lower },
      ...this.random() < 0.5 ? { lt: upper } : { lte: upper },
    };
  }

  writeOptions(): WriteOptions | undefined {
    const roll = this.random();
    if (roll < 0.9) return undefined;
    return { sync: roll < 0.92 };
  }

  space(): Space {
    const [outside] = this.spaces;
    if (this.spaces.length === 1) return outside!;
    return this.random() < SHARE_OUTSIDE
      ? outside!
      : pick(this.random, this.spaces);
  }

  /** What writes a space, and reads it as it is. */
  writer(
    { name }: Space,
  ): KvKeyspace<unknown, unknown> | KvEngine<unknown, unknown> {
    return name === undefined ? this.db : this.keyspace(name);
  }

  keyspace(name: string): KvKeyspace<unknown, unknown> {
    let keyspace = this.#keyspaces.get(name);
    if (keyspace === undefined) {
      keyspace = this.db.keyspace(name, this.codecs);
      this.#keyspaces.set(name, keyspace);
    }
    return keyspace;
  }

  /** A keyspace that was dropped is another one when it is asked for anew. */
  forgetKeyspace(name: string): void {
    this.#keyspaces.delete(name);
  }

  /** The store as it is, or as a snapshot, the follower or a snapshot of that shows it. */
  place(space = this.space()): Place {
    const { follower, snapshots, followerSnapshots } = this;
    const isPast = snapshots.length > 0 || follower !== undefined;
    if (!isPast || this.random() >= 0.4) return this.present(space);
    const views = [...snapshots, ...followerSnapshots];
    const at = below(this.random, views.length + (follower ? 1 : 0));
    return this.seen(space, views[at] ?? follower!);
  }

  /** A space as it is. */
  present(space: Space): Place {
    return this.#place(space, this.writer(space), this.moments.now);
  }

  /** A space as a view shows it. */
  seen(space: Space, { readers, moment }: View): Place {
    return this.#place(space, readers[space.index]!, moment);
  }

  expectValue(key: string, value: unknown, expected: string | undefined): void {
    const text = value === undefined
      ? undefined
      : this.setting.face.textOfValue(value);
    if (text === expected) return;
    throw new Error(
      `value of ${shown(key)} is ${shown(text)}, not ${shown(expected)}`,
    );
  }

  #place({ model }: Space, reader: Place["reader"], moment: number): Place {
    const { moments, setting: { face } } = this;
    return { reader, face, model, moments, moment };
  }
}
