// Draws the pictures in the README of the command line: types commands into a real terminal, and
// turns what it shows into SVG.
//
//   deno task with-std deno run -A tests/cli/pictures/draw.ts
//
// Needs tmux; `deno fmt` goes over the pictures. The numbers in the pictures are those of the
// machine it runs on.
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { svgOf } from "./svg.ts";
import { Terminal } from "./terminal.ts";

const COLUMNS = 86;
const ENTRIES = 1_500_000;

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "purekv-pictures-"));
try {
  writeFileSync(
    join(folder, "kv"),
    `#!/bin/sh\nexec "${process.execPath}" run --quiet -A --config "${root}deno.json" "${root}src/cli/cli.ts" "$@"\n`,
    { mode: 0o700 },
  );
  await writeUsers(join(folder, "users.ndjson"));
  using terminal = new Terminal(folder, { columns: COLUMNS, rows: 24 });
  draw("commands", await commands(terminal));
  draw("shell", [await shell(terminal)]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function commands(terminal: Terminal): Promise<string[]> {
  await terminal.type("kv load users users.ndjson --create");
  await delay(3500);
  const loading = terminal.screen();
  await terminal.until("Loaded");
  const loaded = terminal.screen();
  terminal.clear();
  await terminal.type("kv stats users");
  await terminal.until("total");
  await terminal.type("kv compact users");
  await terminal.until("Compacted");
  await terminal.type("kv verify users");
  await terminal.until("ok ");
  await terminal.type("kv get users user:7");
  await terminal.until("Not found");
  return [loading, loaded, terminal.screen()];
}

async function shell(terminal: Terminal): Promise<string> {
  terminal.clear();
  await terminal.type("kv shell users");
  await terminal.until("Ctrl-D");
  await terminal.type("put 'city:new york' '{\"population\": 8258035}'");
  await terminal.type("scan --gte user:000001000 --limit 3");
  // Completed to the whole key.
  terminal.press("get 'cit", "Tab");
  await delay(500);
  await terminal.type("");
  await terminal.type("scan --prefix user:00000 --count");
  await terminal.type("del user:000001000 user:x");
  await terminal.until("Removed");
  return terminal.screen();
}

function draw(name: string, screens: readonly string[]): void {
  const svg = svgOf(screens, COLUMNS);
  const path = join(root, "src", "cli", `${name}.svg`);
  writeFileSync(path, svg);
  console.log(`${path}: ${svg.length} bytes`);
}

async function writeUsers(path: string): Promise<void> {
  const file = createWriteStream(path);
  for (let i = 0; i < ENTRIES; i++) {
    const number = String(i * 7919 % ENTRIES).padStart(9, "0");
    const line =
      `{"key":"user:${number}","value":"Ada Lovelace, ${number}, London"}\n`;
    if (!file.write(line)) {
      await new Promise((resolve) => file.once("drain", resolve));
    }
  }
  await new Promise<void>((resolve) => file.end(() => resolve()));
}
