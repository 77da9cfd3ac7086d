import type { EngineOptions } from "../../../src/options.ts";
import { bytesFace, textFace, tupleFace } from "./face.ts";
import {
  anyKey,
  edgeKey,
  numberedKey,
  prefixedKey,
  textKey,
  tupleKey,
} from "./keys.ts";
import {
  deflated,
  every,
  hasty,
  inline,
  large,
  lazy,
  longIndexes,
  oneBlock,
  presets,
  small,
  tiny,
  wide,
  zstd,
} from "./option_sets.ts";
import type { ModelSetting } from "./setting.ts";

/** One line of the table of settings. */
export interface SettingPlan extends
  Omit<
    ModelSetting,
    "storage" | "copyFiles" | "leftOpen" | "keyspaces"
  > {
  readonly place: "memory" | "promises" | "latency" | "disk";
  /**
   * Whether keyspaces are used, which takes the keys that begin with the byte 0xFF from the store.
   */
  readonly hasKeyspaces: boolean;
  /** Lets flush and compaction go to a worker, which is not watched. */
  readonly hasWorker?: boolean;
  /** Share of all operations, in hundredths. */
  readonly share: number;
  /**
   * The level that has to be reached, in runs of at least {@linkcode LEAST_FOR_LEVELS} operations.
   */
  readonly deepestLevel: number;
}

/** In shorter runs nothing is said about levels. */
export const LEAST_FOR_LEVELS = 10_000;

/** What the model test runs on, and how much of it. */
export const settings: readonly SettingPlan[] = [
  setting("edge keys", [tiny], {
    key: edgeKey,
    share: 12,
    deepestLevel: 1,
  }),
  setting("shared prefixes", [small], {
    key: prefixedKey,
    hasKeyspaces: true,
    share: 14,
    deepestLevel: 2,
  }),
  setting("deflate", [deflated], {
    key: numberedKey,
    hasKeyspaces: true,
    share: 7,
    deepestLevel: 2,
  }),
  setting("zstd", [zstd], {
    key: anyKey,
    share: 5,
    deepestLevel: 2,
  }),
  setting("presets", [presets], {
    key: prefixedKey,
    hasKeyspaces: true,
    share: 20,
    deepestLevel: 0,
  }),
  setting("text", [small, deflated], {
    key: textKey,
    hasKeyspaces: true,
    face: textFace,
    canCutKeys: false,
    share: 8,
    deepestLevel: 2,
  }),
  setting("tuples", [tiny, small], {
    key: tupleKey,
    hasKeyspaces: true,
    face: tupleFace,
    canCutKeys: false,
    share: 5,
    deepestLevel: 1,
  }),
  setting("changing options", every, {
    key: anyKey,
    share: 5,
    deepestLevel: 0,
  }),
  setting("seven entries a MemTable", [hasty], {
    key: edgeKey,
    share: 1,
    deepestLevel: 1,
  }),
  setting("segments of one block", [oneBlock], {
    key: prefixedKey,
    hasKeyspaces: true,
    share: 2,
    deepestLevel: 2,
  }),
  setting("long indexes", [longIndexes], {
    key: numberedKey,
    hasKeyspaces: true,
    share: 2,
    deepestLevel: 1,
  }),
  setting("many segments in level 0", [lazy], {
    key: prefixedKey,
    hasKeyspaces: true,
    share: 2,
    deepestLevel: 0,
  }),
  setting("deep levels", [tiny], {
    key: numberedKey,
    hasKeyspaces: true,
    valueScale: 6,
    share: 1,
    deepestLevel: 3,
  }),
  setting("wide levels", [wide], {
    key: anyKey,
    share: 2,
    deepestLevel: 1,
  }),
  setting("long values", [small, oneBlock], {
    key: edgeKey,
    valueScale: 40,
    share: 1,
    deepestLevel: 2,
  }),
  setting("changing compression", [small, deflated, zstd], {
    key: numberedKey,
    hasKeyspaces: true,
    share: 2,
    deepestLevel: 2,
  }),
  setting("latency", [small, deflated, tiny], {
    key: prefixedKey,
    hasKeyspaces: true,
    place: "latency",
    share: 1.5,
    deepestLevel: 1,
  }),
  setting("latency, deflate", [deflated], {
    key: numberedKey,
    hasKeyspaces: true,
    place: "latency",
    share: 1,
    deepestLevel: 1,
  }),
  setting("promises", [small, deflated, tiny], {
    key: prefixedKey,
    hasKeyspaces: true,
    place: "promises",
    share: 0.5,
    deepestLevel: 1,
  }),
  setting("promises, tuples", [tiny], {
    key: tupleKey,
    hasKeyspaces: true,
    place: "promises",
    face: tupleFace,
    canCutKeys: false,
    share: 0.5,
    deepestLevel: 1,
  }),
  setting("disk", [{ ...small, sync: false }], {
    key: prefixedKey,
    hasKeyspaces: true,
    place: "disk",
    share: 3,
    deepestLevel: 2,
  }),
  setting("disk, inline", [inline], {
    key: prefixedKey,
    hasKeyspaces: true,
    place: "disk",
    share: 0.5,
    deepestLevel: 1,
  }),
  setting("disk, zstd", [{ ...zstd, sync: false }], {
    key: textKey,
    hasKeyspaces: true,
    place: "disk",
    face: textFace,
    canCutKeys: false,
    share: 1,
    deepestLevel: 1,
  }),
  setting("disk with a worker", [large], {
    key: anyKey,
    place: "disk",
    hasWorker: true,
    valueScale: 10,
    share: 1.5,
    deepestLevel: 1,
  }),
  setting("disk with changing options", every, {
    key: edgeKey,
    place: "disk",
    share: 1.5,
    deepestLevel: 0,
  }),
];

/** A setting in memory, with bytes as keys and values, unless `rest` says otherwise. */
function setting(
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
    canCutKeys: true,
    hasKeyspaces: false,
    ...rest,
  };
}
