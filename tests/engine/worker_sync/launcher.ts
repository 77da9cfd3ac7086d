// Runs the writer with a module that comes before all others, in its workers too.
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const failing = new URL("./failing_fsync.mjs", import.meta.url);
const writer = fileURLToPath(new URL("./writer.ts", import.meta.url));
const { status } = spawnSync(
  process.execPath,
  [`--import=${failing.href}`, ...process.execArgv, writer, process.argv[2]!],
  { stdio: "inherit" },
);
process.exit(status ?? 1);
