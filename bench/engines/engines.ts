import { betterSqlite3 } from "./better_sqlite3.ts";
import { bunSqlite } from "./bun_sqlite.ts";
import { classicLevel } from "./classic_level.ts";
import { denoKv } from "./deno_kv.ts";
import type { EngineModule } from "./engine.ts";
import { floor } from "./floor.ts";
import { lmdb } from "./lmdb.ts";
import { nodeSqlite } from "./node_sqlite.ts";
import { purekv } from "./purekv.ts";

/** All engines that run inside a runtime, in the order in which they are shown. */
export const ENGINES: readonly EngineModule[] = [
  { name: purekv.name, load: () => Promise.resolve(purekv) },
  lmdb,
  classicLevel,
  betterSqlite3,
  bunSqlite,
  nodeSqlite,
  denoKv,
];

/** What is no engine, but may be set beside them. */
export const FLOOR: string = floor.name;

/** The engine with this name, or the floor. */
export function findEngine(name: string): EngineModule {
  const engine = [...ENGINES, floor].find((known) => known.name === name);
  if (engine === undefined) throw new Error(`There is no engine ${name}`);
  return engine;
}
