// Crashes after every call of random histories: see settings.ts for how many.
import { assert, assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import { simulate } from "./campaign.ts";
import { every, recoveries, seed } from "./settings.ts";
import { workloads } from "./workloads.ts";

const share = Math.ceil(recoveries / workloads.length);

for (const { name: workload } of workloads) {
  test(
    `No crash takes what was promised, leaves half a batch or brings back what is gone (${workload})`,
    async () => {
      const outcome = await simulate({
        seed,
        workload,
        every,
        recoveries: share,
        milliseconds: Infinity,
      });
      assertEquals(outcome.failure, undefined, outcome.failure);
      assert(outcome.recoveries >= share, `${outcome.recoveries} recoveries`);
    },
    { timeoutMs: 60_000 + share * 100 },
  );
}
