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
    summary: "switch to a keyspace, or without a name to none",
    description:
      "The commands that follow read and write that keyspace, in its own forms.",
    examples: [
      ["use users", "switches to the keyspace users"],
      ["use cities --create", "the first write creates it if needed"],
      ["use", "switches to the keys outside keyspaces"],
    ],
  });
  addFormOptions(command)
    .option("--create", "create the keyspace if it does not exist")
    .action(action<UseOptions>(host, ([keyspace], options) => {
      const wanted = keyspace === undefined ? {} : { ...options, keyspace };
      host.session = session.use(wanted);
      return Promise.resolve();
    }));
}
