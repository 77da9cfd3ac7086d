import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { type KvEngine, open } from "../../../mod.ts";
import { KvError } from "../../../src/errors.ts";
import { below } from "../../codec/random.ts";
import { type Runtime, startScript } from "../../support/runtimes.ts";
import { type Operation, operations } from "./plan.ts";

const script = new URL("./writer.ts", import.meta.url);

const LONGEST_RUN_MS = 160;

/** A store whose writers are killed, and what is known of it. */
export class KilledStore {
  readonly #folder: string;
  readonly #copies: string;
  readonly #acknowledgements: string;
  readonly #seed: number;
  readonly #model = new Map<string, string>();
  #sequence = 0;
  #round: RoundReplay | undefined;
  /** Operations that were acknowledged, of all rounds. */
  acknowledged = 0;
  /** Writers that had written and were not done. */
  killedAtWork = 0;
  /** Checkpoints that were begun. */
  checkpoints = 0;
  #acknowledgedOfRound: number[] = [];

  constructor(folder: string, seed: number) {
    this.#folder = join(folder, "store");
    this.#copies = join(folder, "copies");
    this.#acknowledgements = join(folder, "acknowledged");
    this.#seed = seed;
    mkdirSync(this.#folder, { recursive: true });
  }

  /**
   * Starts a writer and kills it: mostly while it writes, now and then while it opens or closes the
   * store.
   */
  async killWriter(
    round: number,
    { runtime, random }: { runtime: Runtime; random: () => number },
  ): Promise<void> {
    writeFileSync(this.#acknowledgements, "");
    mkdirSync(this.#copies);
    this.#round = new RoundReplay(this.#seed, round);
    const closesEarly = random() < 0.15;
    const killsAnywhere = random() < 0.15;
    const delayMs = random() * LONGEST_RUN_MS;
    const most = closesEarly ? 1 + below(random, 2_000) : Infinity;
    const args = [this.#folder, this.#copies, this.#acknowledgements]
      .concat([this.#seed, round, most].map(String));
    await using writer = startScript(runtime, script, { args });
    if (!killsAnywhere) {
      await writer.nextLine();
      if (random() < 0.7) await this.#untilAcknowledged(writer.result);
    }
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    writer.kill();
    const { code, signal, stderr } = await writer.result;
    assert(signal === "SIGKILL" || code === 0, `the writer failed: ${stderr}`);
    const lines = readFileSync(this.#acknowledgements, "utf8").split("\n");
    // The last line may be cut off.
    const numbers = lines.slice(0, -1).map(Number);
    this.acknowledged += numbers.length;
    this.#acknowledgedOfRound = numbers;
    if (numbers.length > 0 && signal === "SIGKILL") this.killedAtWork++;
  }

  /**
   * Until the writer has been told that something has happened, however slow the machine is, or has
   * ended.
   */
  async #untilAcknowledged(result: Promise<unknown>): Promise<void> {
    let isOver = false;
    result.then(() => isOver = true, () => isOver = true);
    while (!isOver && statSync(this.#acknowledgements).size === 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Compares the checkpoints of the round and then the store with what the operations make. */
  async check(readOnly: boolean): Promise<void> {
    const copies = await this.#openCopies();
    for (const { db, number, lastSequence } of copies) {
      this.#advanceTo(lastSequence);
      const isPast = this.#round!.number >= number;
      assert(isPast, `checkpoint ${number} lacks writes from before it`);
      await this.#compare(db);
      await db.close();
    }
    rmSync(this.#copies, { recursive: true });
    if (!this.#hasStore()) return;
    // The lock went with the process.
    await using db = await open(this.#folder, { readOnly });
    this.#advanceTo(db.stats().lastSequence);
    const last = Math.max(-1, ...this.#acknowledgedOfRound);
    const missing = this.#round!.firstWriteUpTo(last);
    assert(missing < 0, `operation ${missing} of ${last} is missing`);
    await this.#compare(db);
  }

  /**
   * A writer that was killed early may not have made a store. Before there is a manifest no log is
   * written.
   */
  #hasStore(): boolean {
    return this.#sequence > 0 || this.#acknowledgedOfRound.length > 0 ||
      existsSync(join(this.#folder, "MANIFEST"));
  }

  /** Opens the checkpoints that are complete, oldest state first; the others are refused. */
  async #openCopies() {
    const copies = [];
    for (const name of readdirSync(this.#copies)) {
      const number = Number(name);
      this.checkpoints++;
      try {
        const folder = join(this.#copies, name);
        const db = await open(folder, { createIfMissing: false });
        const { lastSequence } = db.stats();
        copies.push({ db, number, lastSequence });
      } catch (error) {
        const isCutOff = error instanceof KvError &&
          /^KV_(CORRUPTION|NOT_FOUND)$/.test(error.code) &&
          !existsSync(join(this.#copies, name, "MANIFEST"));
        if (!isCutOff) throw error;
        const isPromised = this.#acknowledgedOfRound.includes(number);
        assert(!isPromised, `checkpoint ${number} is missing`);
      }
    }
    return copies.sort((a, b) => a.lastSequence - b.lastSequence);
  }

  /** Brings the model up to a write. */
  #advanceTo(lastSequence: number): void {
    while (this.#sequence < lastSequence) {
      const { writes } = this.#round!.next();
      for (const [key, value] of writes) {
        if (value === undefined) this.#model.delete(key);
        else this.#model.set(key, value);
      }
      this.#sequence += writes.length;
    }
    assertEquals(this.#sequence, lastSequence, "a batch is there in part");
  }

  async #compare(db: KvEngine<string, string>): Promise<void> {
    let entries = 0;
    for await (const [key, value] of db.scan()) {
      assert(value === this.#model.get(key), `wrong value of ${key}`);
      entries++;
    }
    assertEquals(entries, this.#model.size, "keys are missing or came back");
    for (const key of [...this.#model.keys()].slice(0, 200)) {
      assert(await db.get(key) === this.#model.get(key), `wrong get of ${key}`);
    }
  }
}

/** Goes through the operations of a round once. */
class RoundReplay {
  readonly #operations: Generator<Operation, never>;
  #next: Operation;
  /** Of the operation that comes next. */
  number = 0;

  constructor(seed: number, round: number) {
    this.#operations = operations(seed, round);
    this.#next = this.#operations.next().value;
  }

  next(): Operation {
    const operation = this.#next;
    this.#next = this.#operations.next().value;
    this.number++;
    return operation;
  }

  /** The next operation that writes, if it is none after `last`; otherwise -1. */
  firstWriteUpTo(last: number): number {
    while (this.number <= last && this.#next.writes.length === 0) this.next();
    return this.number <= last ? this.number : -1;
  }
}
