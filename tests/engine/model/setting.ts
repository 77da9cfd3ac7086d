import type { EngineOptions } from "../../../src/options.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import type { Face } from "./face.ts";
import type { KeyMaker } from "./keys.ts";

/** What a model test runs on. */
export interface ModelSetting {
  readonly name: string;
  /** Another one after the answer of {@linkcode ModelSetting.copyFiles} was called. */
  readonly storage: Storage;
  /**
   * Copies all files at once, as a kill of the process leaves them; what it answers with puts the
   * copy in the place of the storage.
   */
  readonly copyFiles?: () => () => void;
  /** Files that are open and should not be, once the engine is closed. */
  readonly leftOpen: () => readonly string[];
  readonly face: Face;
  readonly key: KeyMaker;
  /** Whether keys may be cut anywhere to make prefixes. */
  readonly canCutKeys: boolean;
  /** Names of the keyspaces that are used. */
  readonly keyspaces: readonly string[];
  /** How many times longer values are than those of other settings. Default 1. */
  readonly valueScale?: number;
  /** The store is opened with one of these each time. */
  readonly options: readonly EngineOptions[];
}
