/**
 * The command line: look into stores, load, dump, check, repair and copy them. Run it, or import
 * {@linkcode main}:
 *
 *     deno run -A jsr:@purekv/purekv/cli --help
 *
 * Exit codes: 0 done; 1 not found, or problems were found; 2 the command was not understood; 3 the
 * store failed; 4 input or output failed; 130 ended by Ctrl-C.
 *
 * @example
 * ```ts ignore
 * import { main } from "@purekv/purekv/cli";
 *
 * const exitCode = await main(["scan", "data", "--prefix", "user:"]);
 * ```
 *
 * @module
 */
import process from "node:process";
import { Host } from "./host.ts";
import { makeProgram } from "./program.ts";
import { failureOf, report } from "./report.ts";

/**
 * Runs one command: reads from the standard input and writes to the standard output and error of
 * the process.
 *
 * @param args The command and its arguments, without the names of runtime and script.
 * @returns The exit code. It does not reject.
 *
 * @example
 * ```ts ignore
 * import { main } from "@purekv/purekv/cli";
 *
 * const exitCode = await main(["stats", "data", "--json"]);
 * ```
 */
export async function main(args: readonly string[]): Promise<number> {
  using host = new Host();
  host.beginLine(args);
  try {
    await makeProgram(host).parseAsync([...args], { from: "user" });
    await host.output.flush();
    await host.errors.flush();
    return host.exitCode;
  } catch (error) {
    return await tell(host, error);
  }
}

/** Reports an error and returns the exit code. */
async function tell(host: Host, error: unknown): Promise<number> {
  try {
    await host.output.flush();
  } catch (failed) {
    return await tell(host, failed);
  }
  try {
    const exitCode = await report(host, error, "kv: ");
    // The parser may have written the help there.
    await host.errors.flush();
    return exitCode;
  } catch {
    // There is nobody left to tell.
    return failureOf(error).exitCode;
  }
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
