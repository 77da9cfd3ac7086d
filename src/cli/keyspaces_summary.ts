import { catalogueOf } from "../engine/read/reader.ts";
import { KvError } from "../errors.ts";
import { keyText } from "../inspection/key_text.ts";
import { type OpenStore, openWithoutLock } from "./open_store.ts";
import type { StoreSummary } from "./store_summary.ts";

/**
 * What there is to tell of a store with keyspaces, whose manifest does not tell their keys from
 * others.
 */
export interface KeyspacesSummary {
  /** Names of the keyspaces. */
  readonly names: readonly string[];
  /** Whether there are, or were, keyspaces. */
  readonly isReserved: boolean;
  /** The first and the last key that is in no keyspace, where there are keyspaces. */
  readonly keys: StoreSummary["keys"];
}

/**
 * Reads it; `undefined` where the store is too damaged to be opened, which is no reason to tell
 * nothing. An engine may write the store meanwhile.
 */
export async function summarizeKeyspaces(
  location: string,
): Promise<KeyspacesSummary | undefined> {
  try {
    await using store = await openWithoutLock(location);
    const catalogue = catalogueOf(store.reader);
    const isReserved = catalogue.isReservedAt(Infinity);
    return {
      names: catalogue.names(),
      isReserved,
      keys: isReserved ? await keysOf(store) : undefined,
    };
  } catch (error) {
    if (error instanceof KvError) return undefined;
    throw error;
  }
}

async function keysOf({ reader }: OpenStore): Promise<StoreSummary["keys"]> {
  const from = await reader.keys({ limit: 1 }).next();
  const to = await reader.keys({ limit: 1, reverse: true }).next();
  return from.done || to.done
    ? undefined
    : { from: keyText(from.value), to: keyText(to.value) };
}
