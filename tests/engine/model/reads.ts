import { assert } from "@std/assert";
import { below } from "../../codec/random.ts";
import { expectSame, shown } from "./expect.ts";
import { encodedRange } from "./face.ts";
import type { ModelRange } from "./model.ts";
import type { Place } from "./place.ts";
import { randomRange } from "./random_range.ts";
import type { World } from "./world.ts";

/** Reads that are no scans. */
export class Reads {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  get(): void {
    const world = this.#world;
    const { reader, model, moment } = world.place();
    const key = world.key();
    const expected = model.get(key, moment);
    const k = world.setting.face.keyOf(key);
    world.pending.add(reader.get(k), (value) => {
      world.expectValue(key, value, expected);
    });
  }

  getSync(): void {
    const world = this.#world;
    if (!world.setting.storage.synchronous) return this.get();
    const { reader, model, moment } = world.place();
    const key = world.key();
    const expected = model.get(key, moment);
    const k = world.setting.face.keyOf(key);
    world.expectValue(key, reader.getSync(k), expected);
    const has = reader.hasSync(k);
    expectSame(has, expected !== undefined, `hasSync of ${shown(key)}`);
  }

  has(): void {
    const world = this.#world;
    const { reader, model, moment } = world.place();
    const key = world.key();
    const expected = model.get(key, moment) !== undefined;
    const k = world.setting.face.keyOf(key);
    world.pending.add(reader.has(k), (has) => {
      expectSame(has, expected, `has of ${shown(key)}`);
    });
  }

  getMany(): void {
    const world = this.#world;
    const { reader, model, moment } = world.place();
    const { face } = world.setting;
    const count = below(world.random, 20);
    const keys = Array.from({ length: count }, () => world.key());
    const expected = keys.map((key) => model.get(key, moment));
    const many = reader.getMany(keys.map((key) => face.keyOf(key)));
    world.pending.add(many, (values) => {
      expectSame(values.length, keys.length, "values of getMany");
      keys.forEach((key, i) => world.expectValue(key, values[i], expected[i]));
    });
  }

  count(): void {
    const { place, range, expected } = this.#counted();
    const counted = place.reader.count(encodedRange(place.face, range));
    this.#world.pending.add(counted, (count) => {
      expectSame(count, expected, `count of ${JSON.stringify(range)}`);
    });
  }

  countSync(): void {
    if (!this.#world.setting.storage.synchronous) return this.count();
    const { place, range, expected } = this.#counted();
    const count = place.reader.countSync(encodedRange(place.face, range));
    expectSame(count, expected, `countSync of ${JSON.stringify(range)}`);
  }

  /** It is an estimate, but for what is empty and what is not. */
  approximateSize(): void {
    const world = this.#world;
    const space = world.space();
    const { model, moment, reader, face } = world.present(space);
    const isWhole = world.random() < 0.3;
    const range = isWhole ? {} : randomRange(world.random, {
      key: () => world.key(),
      canCutKeys: world.setting.canCutKeys,
    });
    const { gte, lt } = range;
    const isEmpty = gte !== undefined && lt !== undefined && gte >= lt;
    const whole = { moment, range: {}, reverse: false };
    const hasKeys = model.step(whole) !== undefined;
    const sized = reader.approximateSize(encodedRange(face, range));
    world.pending.add(sized, ({ bytes, entries }) => {
      assert(Number.isSafeInteger(bytes) && bytes >= 0, `${bytes} bytes`);
      assert(Number.isSafeInteger(entries) && entries >= 0, `${entries}`);
      if (isEmpty) expectSame(bytes + entries, 0, "size of no key");
      if (isWhole && hasKeys) assert(bytes > 0, "size of all keys");
    });
  }

  #counted(): {
    readonly place: Place;
    readonly range: ModelRange;
    readonly expected: number;
  } {
    const world = this.#world;
    const space = world.space();
    const place = world.place(space);
    const range = world.random() < 0.8
      ? world.rangeOf(space, 200)
      : randomRange(world.random, {
        key: () => world.key(),
        canCutKeys: world.setting.canCutKeys,
      });
    const scan = { moment: place.moment, range, reverse: false };
    let expected = 0;
    for (const _ of place.model.entries(scan)) expected++;
    return { place, range, expected };
  }
}
