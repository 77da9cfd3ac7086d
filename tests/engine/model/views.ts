import { below } from "../../codec/random.ts";
import { follow } from "../../../mod.ts";
import type { KvReader } from "../../../src/engine/api/reader.ts";
import { compareView } from "./compare_all.ts";
import { expectClosed, expectSame } from "./expect.ts";
import type { Place, View } from "./place.ts";
import type { World } from "./world.ts";

const MOST_SNAPSHOTS = 4;

/** Snapshots, and a follower that looks now and then, with snapshots of its own. */
export class Views {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  takeSnapshot(): void {
    const world = this.#world;
    if (world.snapshots.length >= MOST_SNAPSHOTS) return;
    const reader = world.db.snapshot();
    const readers = world.spaces.map(({ name }) =>
      name === undefined ? reader : reader.keyspace(world.keyspace(name))
    );
    const moment = world.moments.hold();
    world.snapshots.push({ reader, readers, moment });
  }

  async closeSnapshot(): Promise<void> {
    const world = this.#world;
    if (world.snapshots.length === 0) return;
    await world.pending.settled();
    const at = below(world.random, world.snapshots.length);
    const [snapshot] = world.snapshots.splice(at, 1);
    snapshot!.reader.close();
    await this.#leave(snapshot!);
  }

  /** Follows the store; a follower that is there looks for what is new. */
  async follow(): Promise<void> {
    const world = this.#world;
    // It sees what has been committed.
    await world.pending.settled();
    const { follower } = world;
    if (follower !== undefined) {
      await follower.reader.refresh();
      world.moments.release(follower.moment);
      const moment = world.moments.hold();
      world.follower = { ...follower, moment };
    } else {
      const reader = await follow(world.setting.storage, {
        ...world.codecs,
        refreshMs: 0,
        cacheSize: world.random() < 0.5 ? 0 : 1 << 16,
      });
      const readers = world.spaces.map(({ name }): Place["reader"] =>
        name === undefined ? reader : reader.keyspace(name, world.codecs)
      );
      world.follower = { reader, readers, moment: world.moments.hold() };
    }
    const { lastSequence } = world.follower!.reader;
    expectSame(lastSequence, world.db.stats().lastSequence, "last sequence");
  }

  /** Takes a snapshot of what the follower shows, or begins to follow. */
  async snapshotFollower(): Promise<void> {
    const { follower, followerSnapshots, moments, spaces, codecs } =
      this.#world;
    if (follower === undefined) return await this.follow();
    if (followerSnapshots.length >= MOST_SNAPSHOTS) return;
    const reader = follower.reader.snapshot();
    const readers = spaces.map(({ name }) =>
      name === undefined
        ? reader
        : reader.keyspace(follower.reader.keyspace(name, codecs))
    );
    const moment = moments.hold(follower.moment);
    followerSnapshots.push({ reader, readers, moment });
  }

  /** Looks through a snapshot of the follower, which may have gone on since, and closes it. */
  async closeFollowerSnapshot(): Promise<void> {
    const world = this.#world;
    const { followerSnapshots } = world;
    if (followerSnapshots.length === 0) return;
    await world.pending.settled();
    const at = below(world.random, followerSnapshots.length);
    const [snapshot] = followerSnapshots.splice(at, 1);
    await compareView(world, snapshot!);
    snapshot!.reader.close();
    await this.#leave(snapshot!);
  }

  /** Closes the follower, and with it its snapshots. */
  async unfollow(): Promise<void> {
    const world = this.#world;
    const { follower, followerSnapshots } = world;
    if (follower === undefined) return;
    await world.pending.settled();
    for (const snapshot of followerSnapshots) {
      await compareView(world, snapshot);
    }
    world.follower = undefined;
    world.followerSnapshots = [];
    await follower.reader.close();
    for (const view of [follower, ...followerSnapshots]) {
      await this.#leave(view);
    }
  }

  /** What a closed view shows nobody reads any more, and scans of it have ended. */
  async #leave({ readers, moment }: View): Promise<void> {
    const world = this.#world;
    world.moments.release(moment);
    const isOfView = (reader: KvReader<unknown, unknown>) =>
      readers.includes(reader);
    const key = world.setting.face.keyOf(world.key());
    for (const reader of readers) await expectClosed(() => reader.has(key));
    for (const scan of world.scans) {
      if (isOfView(scan.reader)) await scan.expectClosed();
    }
    world.scans = world.scans.filter(({ reader }) => !isOfView(reader));
  }
}
