import type { Command } from "commander";
import { tmpdir } from "node:os";
import process from "node:process";
import { action, addCommand, addJson, countOf } from "../command.ts";
import { runBench, type WorkloadResult } from "../bench/workloads.ts";
import { countText, durationText } from "../figures.ts";
import type { Host } from "../host.ts";
import { tableText } from "../table.ts";
import { UsageError } from "../failure.ts";

interface BenchOptions {
  readonly num: number;
  readonly valueSize: number;
  readonly json?: boolean;
}

const MAX_ENTRIES = 10_000_000;
const MAX_VALUE_SIZE = 1024 * 1024;

/** Adds `bench`. */
export function addBench(program: Command, host: Host): void {
  const command = addCommand(program, host, {
    usage: "bench [folder]",
    summary: "measure reads and writes on this machine",
    description:
      "Creates a store in the folder (default: the one for temporary files) and removes it at the end. Keys of 16 bytes.",
    examples: [
      ["bench", "100,000 entries, in the folder for temporary files"],
      ["bench /mnt/disk --num 1000000", "more, on another disk"],
    ],
  });
  addJson(command)
    .option("--num <count>", "entries", countOf, 100_000)
    .option("--value-size <bytes>", "size of each value", countOf, 100)
    .action(action<BenchOptions>(host, async ([folder], options) => {
      const { num, valueSize, json } = options;
      if (
        num < 1 || num > MAX_ENTRIES || valueSize < 1 ||
        valueSize > MAX_VALUE_SIZE
      ) {
        throw new UsageError(
          `Cannot measure: --num can be 1 to ${MAX_ENTRIES}, --value-size 1 to ${MAX_VALUE_SIZE}`,
        );
      }
      const results: WorkloadResult[] = [];
      using bar = host.progress({ action: "Measuring" });
      const bench = runBench(folder ?? tmpdir(), {
        num,
        valueSize,
        signal: host.signal,
      });
      for await (const result of bench) {
        results.push(result);
        const entries = results.reduce((sum, { ops }) => sum + ops, 0);
        bar.update({ bytes: entries * (16 + valueSize), entries });
      }
      bar[Symbol.dispose]();
      if (json) return await host.json({ num, valueSize, results });
      await print(host, options, results);
    }));
}

async function print(
  host: Host,
  { num, valueSize }: BenchOptions,
  results: readonly WorkloadResult[],
): Promise<void> {
  const { deno, bun, node } = process.versions;
  const runtime = deno ? `Deno ${deno}` : bun ? `Bun ${bun}` : `Node ${node}`;
  await host.output.line(
    `${
      countText(num)
    } entries, keys of 16 bytes, values of ${valueSize} bytes, ${runtime}\n`,
  );
  const columns = [
    { title: "workload" },
    { title: "operations", align: "right" },
    { title: "time", align: "right" },
    { title: "ops/s", align: "right" },
    { title: "µs/op", align: "right" },
  ] as const;
  const rows = results.map(({ name, ops, ms }) => [
    name,
    countText(ops),
    durationText(ms),
    countText(ops / Math.max(ms, 0.001) * 1000),
    (ms * 1000 / ops).toFixed(2),
  ]);
  await host.output.line(tableText(columns, rows, host.styles));
  await host.output.line();
  const width = Math.max(...results.map(({ name }) => name.length));
  for (const { name, about } of results) {
    await host.output.line(host.styles.dim(`${name.padEnd(width)}  ${about}`));
  }
}
