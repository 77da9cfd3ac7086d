// Compiles if the types of the package are found and are what they say.
import {
  type Codec,
  json,
  type KvEngine,
  KvError,
  open,
  type Storage,
  type Tuple,
  tuple,
} from "@purekv/purekv";
import { BunStorage } from "@purekv/purekv/bun";
import { main } from "@purekv/purekv/cli";
import { PureLevel } from "@purekv/purekv/level";
import { MemoryStorage } from "@purekv/purekv/memory";
import { NodeStorage } from "@purekv/purekv/node";
import { FaultStorage, survivals } from "@purekv/purekv/testing";

interface User {
  name: string;
}

const storages: Storage[] = [
  new MemoryStorage(),
  new NodeStorage("data"),
  new BunStorage("data"),
  new FaultStorage(),
];
const codec: Codec<User> = json<User>();
const db: KvEngine<Tuple, User> = await open(storages[0]!, {
  keys: tuple,
  values: codec,
});
await db.put(["user", 1], { name: "Alice" });
const user: User | undefined = db.getSync(["user", 1]);
// @ts-expect-error: a value is no number
await db.put(["user", 2], 2);
// @ts-expect-error: there is no such option
await open("data", { cacheSise: 1 });
const level = new PureLevel<string, User>("data", { valueEncoding: "json" });
await level.put("a", { name: "Alice" }, { sync: false });
const value: User | undefined = await level.get("a");
const code: number = await main([]);
try {
  await db.close();
} catch (error) {
  if (error instanceof KvError && error.code === "KV_IO") throw error;
}
export const all = [user, value, code, survivals.length];
