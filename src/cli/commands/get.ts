import type { Command } from "commander";
import {
  addJson,
  addKeyspace,
  addStoreCommand,
  type CommonOptions,
  reading,
} from "../command.ts";
import { entryJson } from "../entry_text.ts";
import { NotFound } from "../failure.ts";
import type { Form } from "../form.ts";
import type { Host } from "../host.ts";

interface GetOptions extends CommonOptions {
  readonly raw?: boolean;
}

/** Adds `get`. */
export function addGet(program: Command, host: Host): void {
  const command = addStoreCommand(program, host, {
    usage: "get <key>",
    summary: "print the value of a key",
    description:
      "Ends with 1 if the key has no value. Works while another program has the store open.",
    examples: [
      ["get STORE user:1", "prints the value of user:1"],
      [`get STORE '["user",1]'`, "a tuple as key, in a store with such keys"],
      ["get STORE photo --raw > photo.jpg", "exactly the bytes of the value"],
    ],
  });
  addJson(addKeyspace(command, host))
    .option("--raw", "the bytes as stored, without a newline")
    .action(reading<GetOptions>(host, async (store, [keyText], options) => {
      const key = store.keys.fromLine(keyText!, "key");
      const value = await store.reader.get(key);
      if (value === undefined) {
        throw notFound(store.keys, key);
      } else if (options.raw) {
        await host.output.bytes(value);
      } else if (options.json) {
        await host.output.line(entryJson(store, key, value));
      } else await host.output.line(store.values.toLine(value));
    }));
}

/** The error for a key that has no value. */
function notFound(keys: Form, key: Uint8Array): NotFound {
  return new NotFound(keys.toLine(key), JSON.parse(keys.toJson(key)));
}
