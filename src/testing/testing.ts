/**
 * A storage for tests: it shows that code built on a store keeps its promises, whenever the machine
 * dies and whatever the disk refuses.
 *
 * {@linkcode FaultStorage} keeps files in memory and knows, for every byte and name, whether it is
 * durable or only written. It records every call. So one run of a function yields, for each of its
 * calls, the store as a crash right after it would have left it; {@linkcode Survival} says what
 * survives the crash. It also makes calls fail ({@linkcode Fault}), fills up, and loses syncs.
 * Randomness comes from a seed: what failed once fails again.
 *
 * @example A transfer between accounts neither makes nor loses money, whenever the power fails
 * ```ts
 * import { json, type KvEngine, open } from "@purekv/purekv";
 * import { FaultStorage, survivals } from "@purekv/purekv/testing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * type Accounts = KvEngine<string, number>;
 * const openAccounts = (storage: FaultStorage): Promise<Accounts> =>
 *   open(storage, { values: json<number>() });
 *
 * // What is to be tested.
 * async function transfer(accounts: Accounts, amount: number): Promise<void> {
 *   const [from = 0, to = 0] = await accounts.getMany(["from", "to"]);
 *   await accounts.batch().put("from", from - amount).put("to", to + amount).commit();
 * }
 *
 * // Run it once, and remember when which promise was given.
 * const storage = new FaultStorage({ seed: 1 });
 * const accounts = await openAccounts(storage);
 * await accounts.put("from", 100);
 * const opened = storage.trace.length;
 * await transfer(accounts, 30);
 * const transferred = storage.trace.length;
 * await accounts.close();
 *
 * // Let it crash after every call, in every way.
 * for (let at = opened; at <= storage.trace.length; at++) {
 *   for (const survival of survivals) {
 *     await using left = await openAccounts(storage.crash({ at, survival }));
 *     const [from = 0, to = 0] = await left.getMany(["from", "to"]);
 *     assertEquals(from + to, 100, `crash after call ${at}, ${survival}`);
 *     assert(at < transferred || to === 30, `lost by a crash after call ${at}, ${survival}`);
 *   }
 * }
 * ```
 *
 * @example Code that has to cope with a full disk
 * ```ts
 * import { KvIoError, open } from "@purekv/purekv";
 * import { FaultStorage } from "@purekv/purekv/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const storage = new FaultStorage();
 * let db = await open(storage);
 * await db.put("a", "1");
 * storage.capacity = storage.bytesUsed + 10;
 * const error = await assertRejects(() => db.put("b", "2"), KvIoError);
 * assertEquals(error.failure, "full");
 * assertEquals(await db.get("a"), "1");
 * await db.close();
 *
 * storage.capacity = Infinity;
 * db = await open(storage);
 * await db.put("b", "2");
 * await db.close();
 * ```
 *
 * @module
 */
export { FaultStorage } from "./fault_storage.ts";
export type { FaultStorageOptions } from "./fault_storage_options.ts";
export type { CrashOptions } from "./crash_options.ts";
export { type PowerLoss, type Survival, survivals } from "./crash.ts";
export type {
  Fault,
  FaultKind,
  InjectedFault,
  StorageCall,
  StorageOperation,
} from "./faults.ts";
