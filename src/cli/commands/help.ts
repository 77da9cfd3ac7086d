import type { Command } from "commander";

/** Adds `help`. That of the parser takes the name of an unknown command for none. */
export function addHelp(program: Command): void {
  program.command("help")
    .argument("[command]")
    .summary("tell more of a command")
    .helpOption(false)
    .action(async (name: string | undefined) => {
      const known = program.commands.find((other) => other.name() === name);
      if (name === undefined || known !== undefined) {
        (known ?? program).outputHelp();
      } // It is refused as it is anywhere, with a suggestion.
      else await program.parseAsync([name], { from: "user" });
    });
}
