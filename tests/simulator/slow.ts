import { nextTurn } from "../../src/engine/runtime/event_loop.ts";
import type { Random } from "../../src/testing/random.ts";
import type { FaultStorage } from "../../src/testing/testing.ts";
import type { Workload } from "./workloads.ts";

/** Makes a storage hold up calls as its workload has it: other work goes on meanwhile. */
export function slowDown(
  storage: FaultStorage,
  { slow }: Workload,
  random: Random,
): void {
  if (slow === "any") {
    storage.onCall = () =>
      random.below(5) === 0 ? turns(1 + random.below(4)) : undefined;
  }
  if (slow === "flushes") {
    storage.onCall = ({ operation, file }) =>
      operation === "create" && file.endsWith(".seg")
        ? turns(1 + random.below(60))
        : undefined;
  }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await nextTurn();
}
