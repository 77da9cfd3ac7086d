import type { KvEngine } from "../../../src/engine/api/engine.ts";
import { expectSame } from "./expect.ts";
import { OpenScan } from "./open_scan.ts";
import type { World } from "./world.ts";

/** Compares a whole store, all keyspaces included, with the models as they are now. */
export async function compareAll(
  world: World,
  db: KvEngine<unknown, unknown>,
): Promise<void> {
  const { random, codecs } = world;
  const readers = world.spaces.map(({ name }) =>
    name === undefined ? db : db.keyspace(name, codecs)
  );
  const view = { readers, moment: world.moments.now };
  for (const space of world.spaces) {
    const { name, model } = space;
    const place = world.seen(space, view);
    const spec = {
      kind: "scan",
      range: {},
      reverse: random() < 0.5,
      limit: Infinity,
    } as const;
    const isEmpty = model.step({ ...spec, moment: place.moment }) === undefined;
    if (name !== undefined && !isEmpty) {
      expectSame(db.keyspaces().includes(name), true, `${name} is there`);
    }
    await new OpenScan(place, spec).drain();
  }
}
