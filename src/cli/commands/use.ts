import type { Command } from "commander";
import {
  action,
  addCommand,
  addFormOptions,
  type CommonOptions,
} from "../command.ts";
import type { Host } from "../host.ts";
import type { OpenStore } from "../open_store.ts";

interface UseOptions extends CommonOptions {
  readonly create?: boolean;
}

/** Adds `use`, which only a shell has. */
export function addUse(program: Command, host: Host, session: OpenStore): void {
  const command = addCommand(program, host, {
    usage: "use [keyspace]",
    summary: "go on in a keyspace, or without a name in none",
    description:
      "The commands that follow read and write that keyspace, in its own forms.",
    examples: [
      ["use users", "goes on in the keyspace users"],
      ["use cities --create", "the first write makes it if there is none"],
      ["use", "goes on with the keys that are in no keyspace"],
    ],
  });
  addFormOptions(command)
    .option("--create", "make the keyspace if there is none")
    .action(action<UseOptions>(host, ([keyspace], options) => {
      const wanted = keyspace === undefined ? {} : { ...options, keyspace };
      host.session = session.use(wanted);
      return Promise.resolve();
    }));
}
