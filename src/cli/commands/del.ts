import type { Command } from "commander";
import {
  addForms,
  addJson,
  addStoreCommand,
  type CommonOptions,
  writing,
} from "../command.ts";
import { NOT_FOUND } from "../exit_codes.ts";
import type { Host } from "../host.ts";

/** Adds `del`. */
export function addDel(program: Command, host: Host): void {
  const command = addStoreCommand(program, host, {
    usage: "del <keys...>",
    summary: "remove keys",
    description:
      "Removes all of them or, after a crash, none. Ends with 1 if one of them had no value.",
    examples: [
      ["del STORE user:1", "removes user:1"],
      ["del STORE user:1 user:2 -- -x", "several at once, also one with a -"],
    ],
  });
  addJson(addForms(command, host))
    .action(writing<CommonOptions>(host, async (store, args, { json }) => {
      const texts = args.flat();
      const keys = texts.map((text) => store.keys.fromLine(text, "key"));
      const values = await store.reader.getMany(keys);
      const batch = store.reader.batch();
      for (const key of keys) batch.del(key);
      await batch.commit();
      const missing = texts.filter((_, i) => values[i] === undefined);
      if (missing.length > 0) host.exitCode = NOT_FOUND;
      if (json) {
        await host.json({ removed: texts.length - missing.length, missing });
      } else {
        for (const text of missing) await host.note(`Not found: ${text}`);
      }
    }));
}
