import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Has the runtime collect all garbage, now. */
export async function collectGarbage(): Promise<void> {
  const collect = collector();
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function collector(): () => void {
  if (process.versions.bun !== undefined) {
    const { Bun } = globalThis as unknown as {
      Bun: { gc(force: boolean): void };
    };
    return () => Bun.gc(true);
  }
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
