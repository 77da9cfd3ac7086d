import { setImmediate } from "node:timers";
import type { EngineOptions } from "../../../src/options.ts";
import { MemoryStorage } from "../../../src/storage/memory.ts";
import { below, seeded } from "../../codec/random.ts";
import { AsyncStorage, type Latency } from "../../support/async_storage.ts";
import { localAdapters } from "../../support/local_adapters.ts";
import { WatchedStorage } from "../../support/watched_storage.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { openDescriptors } from "../live_files.ts";
import { bytesFace, textFace, tupleFace } from "./face.ts";
import {
  anyKey,
  edgeKey,
  numberedKey,
  prefixedKey,
  textKey,
  tupleKey,
} from "./keys.ts";
import type { ModelSetting } from "./setting.ts";

const KIB = 1024;

/** One line of the table of settings. */
export interface SettingPlan
  extends Omit<ModelSetting, "storage" | "leftOpen"> {
  readonly place: "memory" | "promises" | "latency" | "disk";
  /** Share of all operations, in hundredths. */
  readonly share: number;
  /** The level that has to be reached, in a run of at least {@linkcode LEAST_FOR_LEVELS} operations. */
  readonly deepestLevel: number;
}

/** In shorter runs nothing is said about levels. */
export const LEAST_FOR_LEVELS = 10_000;

/** The smallest of everything: the most flushes, compactions, segments and blocks. */
const tiny: EngineOptions = {
  memtableSize: 64 * KIB,
  memtableEntries: 50,
  blockSize: 256,
  cacheSize: 0,
  compaction: {
    threshold: 2,
    levelSize: 64 * KIB,
    levelRatio: 2,
    segmentSize: 16 * KIB,
  },
};

const small: EngineOptions = {
  memtableSize: 64 * KIB,
  memtableEntries: 500,
  blockSize: KIB,
  cacheSize: 8 * KIB,
  compaction: {
    threshold: 3,
    levelSize: 64 * KIB,
    levelRatio: 3,
    segmentSize: 16 * KIB,
  },
};

const deflated: EngineOptions = {
  ...small,
  compression: "deflate",
  cacheSize: 64 * KIB,
  sync: false,
};

const zstd: EngineOptions = {
  ...small,
  compression: "zstd",
  blockSize: 4 * KIB,
  compaction: { levelSize: 128 * KIB, levelRatio: 2, segmentSize: 32 * KIB },
};

/** Large enough for flush and compaction to go to a worker. */
const large: EngineOptions = {
  memtableSize: 1280 * KIB,
  sync: false,
  compaction: { threshold: 2, levelSize: 1024 * KIB, segmentSize: 512 * KIB },
};

const presets: EngineOptions = {};

const every = [tiny, small, deflated, zstd, presets, { sync: false }];

/** What the model test runs on, and how much of it. */
export const settings: readonly SettingPlan[] = [
  memory("edge keys", [tiny], {
    key: edgeKey,
    canCutKeys: true,
    share: 14,
    deepestLevel: 1,
  }),
  memory("shared prefixes", [small], {
    key: prefixedKey,
    canCutKeys: true,
    share: 16,
    deepestLevel: 2,
  }),
  memory("deflate", [deflated], {
    key: numberedKey,
    canCutKeys: true,
    share: 7,
    deepestLevel: 2,
  }),
  memory("zstd", [zstd], {
    key: anyKey,
    canCutKeys: true,
    share: 5,
    deepestLevel: 2,
  }),
  memory("presets", [presets], {
    key: prefixedKey,
    canCutKeys: true,
    share: 26,
    deepestLevel: 0,
  }),
  memory("text", [small, deflated], {
    face: textFace,
    key: textKey,
    share: 8,
    deepestLevel: 2,
  }),
  memory("tuples", [tiny, small], {
    face: tupleFace,
    key: tupleKey,
    share: 6,
    deepestLevel: 1,
  }),
  memory("changing options", every, {
    key: anyKey,
    canCutKeys: true,
    share: 7,
    deepestLevel: 0,
  }),
  ...(["latency", "promises"] as const).map((place) =>
    memory(place, [small, deflated, tiny], {
      place,
      key: prefixedKey,
      canCutKeys: true,
      share: place === "latency" ? 2 : 0.5,
      deepestLevel: 1,
    })
  ),
  memory("disk", [{ ...small, sync: false }], {
    place: "disk",
    key: prefixedKey,
    canCutKeys: true,
    share: 4.5,
    deepestLevel: 2,
  }),
  memory("disk with a worker", [large], {
    place: "disk",
    valueScale: 10,
    key: anyKey,
    canCutKeys: true,
    share: 2,
    deepestLevel: 1,
  }),
  memory("disk with changing options", every, {
    place: "disk",
    key: edgeKey,
    canCutKeys: true,
    share: 2,
    deepestLevel: 0,
  }),
];

function memory(
  name: string,
  options: readonly EngineOptions[],
  rest:
    & Pick<SettingPlan, "key" | "share" | "deepestLevel">
    & Partial<SettingPlan>,
): SettingPlan {
  return {
    name,
    options,
    place: "memory",
    face: bytesFace,
    canCutKeys: false,
    ...rest,
  };
}

/** Makes the storage of a setting, for as long as the scope lasts. */
export function prepare(
  plan: SettingPlan,
  seed: number,
): ModelSetting & AsyncDisposable {
  const dir = plan.place === "disk" ? tempDir() : undefined;
  const inner = dir === undefined
    ? new MemoryStorage()
    : localAdapters.at(-1)!.connect(dir.path);
  const storage = new WatchedStorage(
    plan.place === "latency"
      ? new AsyncStorage(inner, randomLatency(seed))
      : plan.place === "promises"
      ? new AsyncStorage(inner)
      : inner,
    plan.options.includes(large) ? dir?.path : undefined,
  );
  return {
    ...plan,
    storage,
    leftOpen: () => [
      ...storage.openFiles,
      ...storage.violations,
      ...dir === undefined
        ? []
        : openDescriptors(dir.path).filter((name) => !/lock/i.test(name)),
    ],
    async [Symbol.asyncDispose](): Promise<void> {
      await dir?.[Symbol.asyncDispose]();
    },
  };
}

/** Some answers come in the same turn, some much later than others that were asked for after them. */
function randomLatency(seed: number): Latency {
  const random = seeded(seed);
  return async () => {
    const turns = random() < 0.6 ? 0 : below(random, 6);
    for (let i = 0; i < turns; i++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
}
