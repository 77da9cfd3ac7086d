import { parseArgs } from "node:util";
import {
  countReader,
  readOrExit,
  readSizes,
  type Sizes,
} from "../common/sizes.ts";
import { ENGINES, FLOOR } from "../engines/engines.ts";
import { WORKLOADS } from "./catalogue.ts";
import { OURS } from "./results.ts";

/** What is run, on what. */
export interface Flags {
  readonly sizes: Sizes;
  readonly workloads: readonly string[];
  /** Engines in the order in which they are shown, ours first. */
  readonly peers: readonly string[];
  readonly rounds: number;
  /** After how long a suite of one engine is ended. */
  readonly timeoutMs: number;
  /** Folder in which the stores are kept; a temporary one if there is none. */
  readonly db: string | undefined;
  /** File to which the results are written. */
  readonly json: string | undefined;
  /** Results of a run with fewer records, for what the cost grows by. */
  readonly smaller: string | undefined;
  /** Results to be shown in the README instead of a run. */
  readonly markdown: readonly string[] | undefined;
}

/** Who takes part unless `--peers` says otherwise. */
const PEERS: readonly string[] = [
  ...ENGINES.map(({ name }) => name),
  "rocksdb",
];

const USAGE = `Usage: peers.ts [flags]

  --num=N            records (1,000,000)
  --ops=N            operations of reads, overwrites and mixes (--num, at most 1,000,000)
  --peers=A,B        (${PEERS.join(", ")};
                     or ${FLOOR}: the least that reads must do)
  --workloads=A,B    (all)
  --rounds=N         the median counts (3)
  --key-size=BYTES   (16)
  --value-size=BYTES (100)
  --in-flight=N      writes that are waited for together (1,000)
  --batch=N          writes in a batch (1,000)
  --sync-num=N       synced writes that are waited for one by one (1,000)
  --cache=BYTES      cache of each engine (holds the whole store)
  --seed=N           (1)
  --db=FOLDER        keep stores in a folder of their own in FOLDER
  --timeout=SECONDS  for a suite of one engine (1,800)
  --json=FILE        write the results to FILE
  --smaller=FILE     results of a run with fewer records, for the goals on growth
  --markdown=A,B     write the results in these files into bench/README.md, and run nothing

Workloads: ${WORKLOADS.join(", ")}`;

const NAMES = {
  "num": { type: "string" },
  "ops": { type: "string" },
  "peers": { type: "string" },
  "workloads": { type: "string" },
  "rounds": { type: "string" },
  "key-size": { type: "string" },
  "value-size": { type: "string" },
  "in-flight": { type: "string" },
  "batch": { type: "string" },
  "sync-num": { type: "string" },
  "cache": { type: "string" },
  "seed": { type: "string" },
  "db": { type: "string" },
  "timeout": { type: "string" },
  "json": { type: "string" },
  "smaller": { type: "string" },
  "markdown": { type: "string" },
} as const;

/** Reads the command line; prints how it is used and ends the process if it makes no sense. */
export function readFlags(): Flags {
  return readOrExit(parseFlags, USAGE);
}

function parseFlags(args: string[]): Flags {
  const { values } = parseArgs({ args, options: NAMES });
  const count = countReader(values);
  const sizes = readSizes(
    count,
    (num) => Math.min(num, count("ops", 1_000_000)),
  );
  const peers = readNames("peers", values.peers, PEERS, [FLOOR]);
  return {
    sizes,
    workloads: readNames("workloads", values.workloads, WORKLOADS),
    peers: [OURS, ...peers.filter((name) => name !== OURS)],
    rounds: count("rounds", 3),
    timeoutMs: 1_000 * count("timeout", 1_800),
    db: values.db,
    json: values.json,
    smaller: values.smaller,
    markdown: values.markdown?.split(","),
  };
}

function readNames(
  flag: string,
  value: string | undefined,
  all: readonly string[],
  others: readonly string[] = [],
): readonly string[] {
  const names = value?.split(",") ?? all;
  const known = new Set([...all, ...others]);
  const unknown = names.find((name) => !known.has(name));
  if (unknown === undefined) return names;
  throw new Error(`Invalid flag --${flag}: there is no ${unknown}`);
}
