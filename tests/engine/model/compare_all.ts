import type { KvEngine } from "../../../src/engine/api/engine.ts";
import { expectSame } from "./expect.ts";
import { OpenScan } from "./open_scan.ts";
import type { View } from "./place.ts";
import type { World } from "./world.ts";

/** Compares a whole store, all keyspaces included, with the models as they are now. */
export async function compareAll(
  world: World,
  db: KvEngine<unknown, unknown>,
): Promise<void> {
  const { codecs } = world;
  const readers = world.spaces.map(({ name }) =>
    name === undefined ? db : db.keyspace(name, codecs)
  );
  const view = { readers, moment: world.moments.now };
  for (const { name, model } of world.spaces) {
    const whole = { moment: view.moment, range: {}, reverse: false };
    const isEmpty = model.step(whole) === undefined;
    if (name !== undefined && !isEmpty) {
      expectSame(db.keyspaces().includes(name), true, `${name} is there`);
    }
  }
  await compareView(world, view);
}

/** Compares all that a view shows with the models as they were at its moment. */
export async function compareView(world: World, view: View): Promise<void> {
  for (const space of world.spaces) {
    const reverse = world.random() < 0.5;
    const spec = { kind: "scan", range: {}, reverse, limit: Infinity } as const;
    await new OpenScan(world.seen(space, view), spec).drain();
  }
}
