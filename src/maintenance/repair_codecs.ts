import { utf8 } from "../codec/utf8.ts";
import { invalidArgument } from "../errors.ts";
import { shown } from "../options.ts";
import type { Losses } from "./losses.ts";
import type { RepairOptions } from "./repair_report.ts";
import type { Survey } from "./survey.ts";

/** The most bytes that a manifest has for the name of a codec. */
const MAX_NAME_BYTES = 255;

/** Names of the codecs of a store. */
export interface CodecNames {
  readonly keyCodec: string;
  readonly valueCodec: string;
}

/** With which codecs the new store is opened: those that the manifest names, or, without a whole one, those that the caller does. */
export function codecNames(
  survey: Survey,
  { keys, values }: RepairOptions,
  losses: Losses,
): CodecNames {
  return {
    keyCodec: codecName("keys", keys?.name, survey, losses),
    valueCodec: codecName("values", values?.name, survey, losses),
  };
}

function codecName(
  option: "keys" | "values",
  given: string | undefined,
  { state, manifest }: Survey,
  losses: Losses,
): string {
  const stored = option === "keys" ? state?.keyCodec : state?.valueCodec;
  if (manifest === "damaged") {
    if (given !== undefined) return given;
    if (stored === undefined) {
      losses.warn(
        `Nothing says with which codec the ${option} were written: ${utf8.name} was assumed; option ${option} can name another`,
      );
    }
    return stored ?? utf8.name;
  }
  if (given !== undefined && given !== stored) {
    throw invalidArgument(
      `Cannot repair: the ${option} are written with codec ${stored}, option ${option} says ${given}`,
    );
  }
  return stored!;
}

/** Throws `KV_INVALID_ARGUMENT` for the value of an option that is neither left out nor a codec. */
export function checkCodec(value: unknown, option: string): void {
  if (value === undefined) return;
  const name = typeof value === "object" && value !== null && "name" in value
    ? value.name
    : undefined;
  const isName = typeof name === "string" && name !== "" &&
    name.isWellFormed() &&
    new TextEncoder().encode(name).length <= MAX_NAME_BYTES;
  if (isName) return;
  throw invalidArgument(
    `Cannot repair: option ${option} is ${
      shown(value)
    }, no codec with a name of at most ${MAX_NAME_BYTES} bytes`,
  );
}
