import process from "node:process";
import type { Command } from "commander";
import {
  addJson,
  addKeyspace,
  addStoreCommand,
  type CommonOptions,
  writing,
} from "../command.ts";
import type { Host } from "../host.ts";
import type { WritableStore } from "../open_store.ts";
import { typed, UsageError } from "../failure.ts";
import { readAll } from "../transfer/abortable.ts";

interface PutOptions extends CommonOptions {
  readonly create?: boolean;
  readonly raw?: boolean;
}

/** Adds `put`. */
export function addPut(program: Command, host: Host): void {
  const command = addStoreCommand(program, host, {
    usage: host.session === undefined
      ? "put <key> [value]"
      : "put <key> <value>",
    summary: "set the value of a key",
    description: host.session === undefined
      ? "Without a value, standard input is the value, byte for byte. The write is on disk when the command ends."
      : "The write is on disk when the command ends.",
    examples: host.session === undefined
      ? [
        ["put STORE user:1 Alice --create", "creates the store if needed"],
        ["put STORE photo < photo.jpg", "the value comes from a file"],
        [`put STORE 'a\\x00b' 'line\\n'`, "bytes and line ends as escapes"],
      ]
      : [
        ["put STORE user:1 Alice", "sets user:1"],
        [`put STORE 'a\\x00b' 'line\\n'`, "bytes and line ends as escapes"],
      ],
  });
  addJson(addKeyspace(command, host));
  if (host.session === undefined) {
    command.option("--create", "create the store if it does not exist");
  }
  command.action(
    writing<PutOptions>(host, async (store, [keyText, text], options) => {
      const key = store.keys.fromLine(keyText!, "key");
      const value = await valueOf(store, text, host.signal);
      typed(() => store.keys.check(key, "key"));
      if (text !== undefined) typed(() => store.values.check(value, "value"));
      else store.values.check(value, "value");
      await store.reader.put(key, value);
      if (options.json) await host.json({ ok: true });
    }),
  );
}

async function valueOf(
  { values }: WritableStore,
  text: string | undefined,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (text !== undefined) return values.fromLine(text, "value");
  if (process.stdin.isTTY) {
    throw new UsageError(
      "Cannot put: there is no value; give one, or send it to standard input",
    );
  }
  return await readAll(process.stdin, signal);
}
