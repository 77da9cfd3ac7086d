import { below, pick } from "../../codec/random.ts";
import { expectClosed, expectSame, shown } from "./expect.ts";
import { encodedRange } from "./face.ts";
import type { ModelRange } from "./model.ts";
import type { Space } from "./place.ts";
import type { World } from "./world.ts";

/** A batch has fewer writes than one of these. */
const BATCH_LIMITS = [3, 30, 300];

/** Puts and deletes of every kind. */
export class Writes {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  put(): void {
    const world = this.#world;
    const { face } = world.setting;
    const space = world.space();
    const key = world.writtenKey();
    const value = world.value();
    space.model.put(key, value);
    const k = face.keyOf(key);
    const v = face.valueOf(value);
    const options = world.writeOptions();
    world.pending.add(world.writer(space).put(k, v, options));
  }

  del(): void {
    const world = this.#world;
    const space = world.space();
    const key = world.writtenKey();
    const existed = space.model.del(key);
    const k = world.setting.face.keyOf(key);
    const deleted = world.writer(space).del(k, world.writeOptions());
    world.pending.add(deleted, (answer) => {
      expectSame(answer, existed, `del of ${shown(key)}`);
    });
  }

  /** Mostly of a few keys, now and then of many. */
  delRange(): void {
    const world = this.#world;
    const space = world.space();
    const isLarge = world.random() < 0.008;
    this.#delRange(
      space,
      isLarge
        ? { gte: world.key(), lt: world.key() }
        : world.rangeOf(space, 20),
    );
  }

  delPrefix(): void {
    const prefix = this.#world.key();
    // All keys begin with the empty one, which is refused: that is `clear`.
    if (prefix === "") return this.delRange();
    this.#delRange(this.#world.space(), { prefix });
  }

  clear(): void {
    const world = this.#world;
    const space = world.space();
    space.model.delRange({});
    world.pending.add(world.writer(space).clear(world.writeOptions()));
  }

  /** Writes into several spaces, if there are several. */
  batch(): void {
    const world = this.#world;
    const { face } = world.setting;
    const batch = world.db.batch();
    const count = below(world.random, pick(world.random, BATCH_LIMITS));
    for (let i = 0; i < count; i++) {
      const space = world.space();
      const { model, name } = space;
      const part = name === undefined ? batch : batch.in(world.keyspace(name));
      const key = world.writtenKey();
      if (world.random() < 0.02) {
        const range = { gte: key, lte: model.keyBehind(key, 3) ?? key };
        model.delRange(range);
        part.delRange(encodedRange(face, range));
      } else if (world.random() < 0.3) {
        model.del(key);
        part.del(face.keyOf(key));
      } else {
        const value = world.value();
        model.put(key, value);
        part.put(face.keyOf(key), face.valueOf(value));
      }
    }
    expectSame(batch.size, count, "size of the batch");
    world.operation += count;
    world.pending.add(batch.commit(world.writeOptions()));
  }

  /** Where there are no keyspaces: drops one that has never been. */
  async dropKeyspace(): Promise<void> {
    const world = this.#world;
    const { name, model } = world.spaces.at(
      -1 - below(world.random, world.spaces.length),
    )!;
    if (name === undefined) {
      const dropped = await world.db.dropKeyspace("none");
      return expectSame(dropped, false, "drop of no keyspace");
    }
    const keyspace = world.keyspace(name);
    // Writes that are under way go before it.
    const existed = world.db.keyspaces().includes(name);
    model.delRange({});
    world.forgetKeyspace(name);
    const dropped = world.db.dropKeyspace(name, world.writeOptions());
    expectSame(await dropped, existed, `drop of ${name}`);
    expectSame(world.db.keyspaces().includes(name), false, `${name} is there`);
    if (existed) {
      await expectClosed(() => keyspace.count());
      await expectClosed(() => keyspace.clear());
    }
  }

  #delRange(space: Space, range: ModelRange): void {
    const world = this.#world;
    space.model.delRange(range);
    const bounds = encodedRange(world.setting.face, range);
    const options = world.writeOptions();
    world.pending.add(world.writer(space).delRange(bounds, options));
  }
}
