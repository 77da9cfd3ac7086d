import { cpus, totalmem } from "node:os";
import process from "node:process";
import { describeRuntime } from "./runtime.ts";

/** What figures belong to. */
export interface Machine {
  readonly runtime: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    runtime: describeRuntime(),
    platform: `${process.platform} ${process.arch}`,
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
  };
}
