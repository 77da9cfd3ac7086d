import {
  checkFunction,
  checkNames,
  checkSignal,
} from "../engine/call_options.ts";
import type { InspectionOptions } from "../inspection/report.ts";

/** Names of the options in {@linkcode InspectionOptions}. */
export const INSPECTION_NAMES = ["onProgress", "signal"];

/** Throws `KV_INVALID_ARGUMENT` for options that are none; `action` is what could not be done. */
export function checkInspectionOptions(
  options: InspectionOptions,
  names: readonly string[],
  action: string,
): void {
  checkNames(options, names, action);
  checkFunction(options.onProgress, "onProgress", action);
  checkSignal(options.signal, action);
}
