import { MemoryStorage } from "../../../src/storage/memory.ts";
import { below, seeded } from "../../codec/random.ts";
import { AsyncStorage, type Latency } from "../../support/async_storage.ts";
import { localAdapters } from "../../support/local_adapters.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { WatchedStorage } from "../../support/watched_storage.ts";
import { openDescriptors } from "../live_files.ts";
import { nextTurn } from "./next_turn.ts";
import type { ModelSetting } from "./setting.ts";
import type { SettingPlan } from "./settings.ts";

/** Makes the storage of a setting, for as long as the scope lasts. */
export function prepare(
  plan: SettingPlan,
  seed: number,
): ModelSetting & AsyncDisposable {
  const keyspaces = plan.hasKeyspaces ? ["a", "ab"] : [];
  const place = plan.place === "disk" ? onDisk(plan) : inMemory(plan, seed);
  // Not spread: the storage changes.
  return Object.assign(place, { ...plan, keyspaces });
}

type Place =
  & Pick<ModelSetting, "storage" | "copyFiles" | "leftOpen">
  & AsyncDisposable;

function onDisk({ hasWorker }: SettingPlan): Place {
  const dir = tempDir();
  const inner = localAdapters.at(-1)!.connect(dir.path);
  const storage = new WatchedStorage(inner, hasWorker ? dir.path : undefined);
  return {
    storage,
    leftOpen: () => [
      ...faultsOf(storage),
      ...openDescriptors(dir.path).filter((name) => !/lock/i.test(name)),
    ],
    async [Symbol.asyncDispose](): Promise<void> {
      await dir[Symbol.asyncDispose]();
    },
  };
}

function inMemory({ place }: SettingPlan, seed: number): Place {
  const latency = randomLatency(seed);
  let memory = new MemoryStorage();
  let storage = watched();
  return {
    get storage() {
      return storage;
    },
    copyFiles: () => {
      const copy = copyOf(memory);
      return () => {
        memory = copy;
        storage = watched();
      };
    },
    leftOpen: () => faultsOf(storage),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };

  function watched(): WatchedStorage {
    if (place === "memory") return new WatchedStorage(memory);
    const isRandom = place === "latency";
    return new WatchedStorage(
      new AsyncStorage(memory, isRandom ? latency : nextTurn),
    );
  }
}

function faultsOf({ openFiles, violations }: WatchedStorage): string[] {
  return [...openFiles, ...violations];
}

/** The files as they are now. */
function copyOf(storage: MemoryStorage): MemoryStorage {
  const copy = new MemoryStorage();
  for (const name of storage.list()) {
    const file = storage.open(name);
    const bytes = new Uint8Array(file.size);
    file.readAt(bytes, 0);
    copy.create(name).append(bytes);
  }
  return copy;
}

/**
 * Some answers come in the same turn, some much later than others that were asked for after them.
 */
function randomLatency(seed: number): Latency {
  const random = seeded(seed);
  return async () => {
    const turns = random() < 0.6 ? 0 : below(random, 6);
    for (let i = 0; i < turns; i++) await nextTurn();
  };
}
