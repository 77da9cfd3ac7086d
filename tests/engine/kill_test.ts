// A process that writes is killed at random moments, again and again, on one
// store. What is there afterwards has to be what its first operations make, as
// many as the process was told had happened, or more: none missing, none in part.
//
// PUREKV_KILLS  how often; unless given 50 times, and 25 in Node, which takes
//               longer to start
// PUREKV_SEED   repeats the operations, not the moments
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import { type KvEngine, open } from "../../mod.ts";
import { below, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import { currentRuntime, startScript } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";
import { operations } from "./kill/plan.ts";

const runtime = currentRuntime();
const rounds = Number(
  process.env.PUREKV_KILLS ?? (runtime.name === "node" ? 25 : 50),
);
const seed = Number(process.env.PUREKV_SEED ?? 1);
const script = new URL("./kill/writer.ts", import.meta.url);

const LONGEST_RUN_MS = 250;

test("A killed writer loses nothing that was acknowledged", async () => {
  await using dir = tempDir();
  const store = new KilledStore(dir.path);
  const random = seeded(seed);
  for (let round = 0; round < rounds; round++) {
    try {
      await store.killWriter(round, random);
      await store.check(round, random() < 0.7);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : cause;
      throw new Error(
        `Round ${round} of PUREKV_SEED=${seed} PUREKV_KILLS=${rounds}: ${reason}`,
        { cause },
      );
    }
  }
  assert(store.acknowledged > rounds, "the writers were killed too early");
  assert(store.killedAtWork > rounds / 4, "few writers were killed at work");
}, { timeoutMs: 60_000 + rounds * 10_000 });

/** A store whose writers are killed, and what is known of it. */
class KilledStore {
  readonly #folder: string;
  readonly #acknowledgements: string;
  readonly #model = new Map<string, string>();
  #sequence = 0;
  /** Operations that were acknowledged, of all rounds. */
  acknowledged = 0;
  /** Writers that had written and were not done. */
  killedAtWork = 0;
  #acknowledgedOfRound = -1;

  constructor(folder: string) {
    this.#folder = join(folder, "store");
    this.#acknowledgements = join(folder, "acknowledged");
    mkdirSync(this.#folder);
  }

  /** Starts a writer and kills it: mostly while it writes, now and then while it opens or closes the store. */
  async killWriter(round: number, random: () => number): Promise<void> {
    writeFileSync(this.#acknowledgements, "");
    const closesEarly = random() < 0.15;
    const killsAnywhere = random() < 0.15;
    const delayMs = random() * LONGEST_RUN_MS;
    const most = closesEarly ? 1 + below(random, 2_000) : Infinity;
    await using writer = startScript(runtime, script, {
      args: [this.#folder, this.#acknowledgements, seed, round, most]
        .map(String),
    });
    if (!killsAnywhere) await writer.nextLine();
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    writer.kill();
    const { code, signal, stderr } = await writer.result;
    assert(signal === "SIGKILL" || code === 0, `the writer failed: ${stderr}`);
    const lines = readFileSync(this.#acknowledgements, "utf8").split("\n");
    const numbers = lines.filter((line) => line !== "").map(Number);
    this.acknowledged += numbers.length;
    this.#acknowledgedOfRound = Math.max(-1, ...numbers);
    if (numbers.length > 0 && signal === "SIGKILL") this.killedAtWork++;
  }

  /** Compares the store with what the operations of the round make. */
  async check(round: number, readOnly: boolean): Promise<void> {
    if (!this.#hasStore()) return;
    // The lock went with the process.
    await using db = await open(this.#folder, { readOnly });
    this.#replay(round, db.stats().lastSequence);
    await this.#compare(db);
  }

  /** A writer that was killed early may not have made a store. */
  #hasStore(): boolean {
    return this.#sequence > 0 || this.#acknowledgedOfRound >= 0;
  }

  /** Brings the model up to the last write that the store has. */
  #replay(round: number, lastSequence: number): void {
    let number = 0;
    for (const { writes } of operations(seed, round)) {
      const isPromised = number <= this.#acknowledgedOfRound;
      if (this.#sequence + writes.length > lastSequence) {
        assert(!isPromised, `operation ${number} is missing`);
        break;
      }
      if (this.#sequence === lastSequence && !isPromised) break;
      for (const [key, value] of writes) {
        if (value === undefined) this.#model.delete(key);
        else this.#model.set(key, value);
      }
      this.#sequence += writes.length;
      number++;
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
