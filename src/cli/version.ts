/**
 * The version of the package, as `deno.json` has it: a test holds that. A file of its own is there
 * wherever the code is, also in a compiled program.
 */
export const VERSION = "0.1.0";
