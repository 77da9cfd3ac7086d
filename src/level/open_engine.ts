import { bytes } from "../codec/bytes.ts";
import type { Engine } from "../engine/engine.ts";
import { openStore } from "../engine/open.ts";
import type { StorageAt } from "../engine/files/storage_check.ts";
import { invalidArgument, KvError } from "../errors.ts";
import { type EngineOptions, resolveOptions } from "../options.ts";
import type { Storage } from "../storage/storage.ts";

const ENGINE_OPTIONS = Object.keys(resolveOptions()) as (keyof EngineOptions)[];

/**
 * Opens the store of a database: bytes for keys and values, and what goes wrong as Level tells it.
 */
export async function openEngine(
  location: string | URL | Storage,
  options: EngineOptions,
  storageAt: StorageAt,
): Promise<Engine<Uint8Array, Uint8Array>> {
  // Level always says how it is, and lets both be asked for: then nothing can be opened, and the
  // error is to say why.
  const createIfMissing = options.createIfMissing === true && !options.readOnly;
  const isContradiction = options.errorIfExists === true && !createIfMissing;
  const engine = await openOrExplain(location, {
    ...engineOptionsOf(options),
    createIfMissing,
    errorIfExists: options.errorIfExists === true && !isContradiction,
  }, storageAt);
  if (isContradiction) {
    await engine.close();
    throw invalidArgument(
      `Cannot create ${engine.location}: the store exists, and errorIfExists is set`,
    );
  }
  return engine;
}

/**
 * Databases of Level are given options of others as well, by hooks among them, and pass over those.
 */
function engineOptionsOf(options: EngineOptions): EngineOptions {
  return Object.fromEntries(
    ENGINE_OPTIONS.map((name) => [name, options[name]])
      .filter(([, value]) => value !== undefined),
  );
}

async function openOrExplain(
  location: string | URL | Storage,
  options: EngineOptions,
  storageAt: StorageAt,
): Promise<Engine<Uint8Array, Uint8Array>> {
  try {
    const storage = await storageAt(location);
    return await openStore(
      storage,
      { ...options, keys: bytes, values: bytes },
      storageAt,
    );
  } catch (error) {
    throw error instanceof KvError ? explained(error) : error;
  }
}

/** The words and the code by which users of Level tell these failures. */
function explained(error: KvError): Error {
  if (error.code === "KV_NOT_FOUND") {
    return new KvError(error.code, `Store does not exist: ${error.message}`, {
      cause: error,
    });
  }
  return error.code === "KV_LOCKED" ? new LevelLockedError(error) : error;
}

class LevelLockedError extends Error {
  readonly code = "LEVEL_LOCKED";

  constructor(cause: KvError) {
    super(cause.message, { cause });
  }
}
