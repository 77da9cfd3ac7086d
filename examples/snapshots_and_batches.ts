// Shows writes that happen together and reads that see one moment: money moves
// between accounts in batches, and an audit by snapshot always finds the same
// sum, however many transfers happen while it counts.
//
//   deno run examples/snapshots_and_batches.ts
//   bun examples/snapshots_and_batches.ts
//   node examples/snapshots_and_batches.ts
//
// In a project of your own:
//
//   import { open } from "@purekv/purekv";
//   import { MemoryStorage } from "@purekv/purekv/memory";
import { type KvEngine, type KvReader, open } from "../mod.ts";
import { MemoryStorage } from "../src/storage/memory.ts";

const accounts = 100;
const openingBalance = 1_000;
const transfers = 2_000;

await using db = await open(new MemoryStorage());

const opening = db.batch();
for (let i = 0; i < accounts; i++) {
  opening.put(accountKey(i), String(openingBalance));
}
await opening.commit();
console.log("sum at the start:", await sumOf(db));

const all = Promise.all(
  Array.from(
    { length: transfers },
    (_, i) => transfer(db, { from: i % 7, to: i % 93, amount: 1 + i % 5 }),
  ),
);
// The transfers are visible, though most are not acknowledged yet.
using morning = db.snapshot();
await all;

await transfer(db, { from: 0, to: 1, amount: 50 });
using evening = db.snapshot();
console.log("sum in the morning:", await sumOf(morning));
console.log("sum in the evening:", await sumOf(evening));

const key = accountKey(1);
const before = Number(morning.getSync(key));
const after = Number(evening.getSync(key));
console.log(`${key} has ${after - before} more than in the morning`);

try {
  await transfer(db, { from: 2, to: 3, amount: 1_000_000 });
} catch (error) {
  console.log("refused:", (error as Error).message);
}
console.log("sum in the end:", await sumOf(db));

/** Moves an amount: both accounts change, or none does. */
async function transfer(
  db: KvEngine<string, string>,
  { from, to, amount }: { from: number; to: number; amount: number },
): Promise<void> {
  if (from === to) return;
  // No await between reading and committing: nobody else comes in between.
  const source = Number(db.getSync(accountKey(from)));
  const target = Number(db.getSync(accountKey(to)));
  if (source < amount) {
    throw new Error(`${accountKey(from)} has no ${amount}`);
  }
  await db.batch()
    .put(accountKey(from), String(source - amount))
    .put(accountKey(to), String(target + amount))
    .commit();
}

/** What all accounts hold, in the store as it is or in a snapshot of it. */
async function sumOf(reader: KvReader<string, string>): Promise<number> {
  let sum = 0;
  for await (const [, balance] of reader.scan({ prefix: "account:" })) {
    sum += Number(balance);
  }
  return sum;
}

function accountKey(number: number): string {
  return `account:${String(number).padStart(4, "0")}`;
}
