import type { Command } from "commander";
import {
  addJson,
  addKeyspace,
  addStoreCommand,
  type CommonOptions,
  writing,
} from "../command.ts";
import { NOT_FOUND } from "../exit_codes.ts";
import { notFoundText } from "../failure.ts";
import { countText } from "../figures.ts";
import type { Form } from "../form.ts";
import { hexOf } from "../hex.ts";
import type { Host } from "../host.ts";
import type { WritableStore } from "../open_store.ts";

/** Adds `del`. */
export function addDel(program: Command, host: Host): void {
  const command = addStoreCommand(program, host, {
    usage: "del <keys...>",
    summary: "remove keys",
    description:
      "Removes the given keys atomically. Names those that do not exist, and then ends with 1.",
    examples: [
      ["del STORE user:1", "removes user:1"],
      ["del STORE user:1 user:2 -- -x", "several at once, one starting with -"],
    ],
  });
  addJson(addKeyspace(command, host))
    .action(writing<CommonOptions>(host, async (store, args, { json }) => {
      const keys = uniqueKeys(store.keys, args.flat());
      const missing = await remove(store, keys);
      if (missing.length > 0) host.exitCode = NOT_FOUND;
      const removed = keys.length - missing.length;
      const { toJson, toLine } = store.keys;
      if (json) {
        const names = missing.map((key) => JSON.parse(toJson(key)));
        return await host.json({ removed, missing: names });
      }
      for (const key of missing) await host.note(notFoundText(toLine(key)));
      // One key has been removed, or else was just told not to be there.
      if (keys.length === 1) return;
      const of = missing.length > 0 ? ` of ${countText(keys.length)}` : "";
      await host.note(`Removed ${countText(removed)}${of} keys`);
    }));
}

/** The keys that were typed, each once. */
function uniqueKeys(form: Form, texts: readonly string[]): Uint8Array[] {
  const keys = texts.map((text) => form.fromLine(text, "key"));
  return [...new Map(keys.map((key) => [hexOf(key), key])).values()];
}

/** Removes them at once and answers with those that were not there. */
async function remove(
  { reader }: WritableStore,
  keys: readonly Uint8Array[],
): Promise<Uint8Array[]> {
  const values = await reader.getMany(keys);
  const batch = reader.batch();
  for (const key of keys) batch.del(key);
  await batch.commit();
  return keys.filter((_, i) => values[i] === undefined);
}
