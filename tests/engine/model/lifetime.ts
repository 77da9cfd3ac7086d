import { open, verify } from "../../../mod.ts";
import { below, pick } from "../../codec/random.ts";
import { expectLiveFilesOnly } from "../live_files.ts";
import { compareAll } from "./compare_all.ts";
import { expectClosed, expectSame } from "./expect.ts";
import type { Reads } from "./reads.ts";
import type { Scans } from "./scans.ts";
import type { Upkeep } from "./upkeep.ts";
import type { Views } from "./views.ts";
import type { World } from "./world.ts";
import type { Writes } from "./writes.ts";

/** What else is done with a store before it is closed. */
export interface OtherAreas {
  readonly writes: Writes;
  readonly reads: Reads;
  readonly scans: Scans;
  readonly views: Views;
  readonly upkeep: Upkeep;
}

/** From open to close, and what comes between. */
export class Lifetime {
  readonly #world: World;
  readonly #areas: OtherAreas;
  reopened = 0;

  constructor(world: World, areas: OtherAreas) {
    this.#world = world;
    this.#areas = areas;
  }

  /** Opens the store with one choice of options. */
  async open(): Promise<void> {
    const { setting, random, codecs } = this.#world;
    const options = { ...pick(random, setting.options), ...codecs };
    this.#world.use(await open(setting.storage, options));
  }

  /** Closes the store, with scans and snapshots open or not, and opens it with other options. */
  async reopen(): Promise<void> {
    await this.close();
    await this.#openAgain();
  }

  /** Opens the store in between to be read, which leaves every file as it is. */
  async reopenReadOnly(): Promise<void> {
    await this.close();
    const world = this.#world;
    const { storage } = world.setting;
    const before = (await storage.list()).sort().join();
    const db = await open(storage, { ...world.codecs, readOnly: true });
    await compareAll(world, db);
    await db.close();
    const after = (await storage.list()).sort().join();
    expectSame(after, before, "files after opening with readOnly");
    await this.#openAgain();
  }

  /** Checks every byte of the store while it is closed. */
  async reopenVerified(): Promise<void> {
    await this.close();
    const { ok, problems } = await verify(this.#world.setting.storage);
    expectSame(ok, true, `verify: ${JSON.stringify(problems)}`);
    await this.#openAgain();
  }

  /**
   * Goes on with the files as a kill of the process leaves them; where they cannot be copied at
   * once, it is closed.
   */
  async kill(): Promise<void> {
    const { pending, setting } = this.#world;
    if (setting.copyFiles === undefined) return await this.reopen();
    // What was not acknowledged might be there or not.
    await pending.settled();
    const useCopy = setting.copyFiles();
    await this.#letGo();
    useCopy();
    await this.#openAgain();
  }

  async close(): Promise<void> {
    const { writes, reads, scans, upkeep } = this.#areas;
    const { random } = this.#world;
    await upkeep.wait();
    while (this.#world.scans.length > 0 && random() < 0.5) scans.endScan();
    // What was asked for before `close` is done before it.
    for (let i = below(random, 4); i > 0; i--) writes.put();
    if (random() < 0.3) reads.get();
    if (random() < 0.3) upkeep.flush();
    await this.#letGo();
  }

  async #openAgain(): Promise<void> {
    this.reopened++;
    for (const { model } of this.#world.spaces) model.prune();
    await this.open();
    await compareAll(this.#world, this.#world.db);
  }

  /** Closes everything; nothing of it is of any use any more. */
  async #letGo(): Promise<void> {
    const world = this.#world;
    const { db, pending, random, setting } = world;
    if (random() < 0.5) await this.#areas.views.unfollow();
    pending.add(db.close());
    pending.add(db.close());
    await pending.settled();
    const key = setting.face.keyOf(world.key());
    await expectClosed(() => db.get(key));
    await expectClosed(() => db.put(key, undefined));
    await this.#areas.views.unfollow();
    await this.#leaveReaders();
    await expectLiveFilesOnly(setting.storage);
    expectSame(setting.leftOpen().join(), "", "files open after close");
  }

  /** Scans and snapshots that were open at `close` do no harm. */
  async #leaveReaders(): Promise<void> {
    const world = this.#world;
    for (const scan of world.scans) await scan.expectClosed();
    for (const { reader, moment } of world.snapshots) {
      const key = world.setting.face.keyOf(world.key());
      await expectClosed(() => reader.get(key));
      reader.close();
      world.moments.release(moment);
    }
    world.scans = [];
    world.snapshots = [];
  }
}
