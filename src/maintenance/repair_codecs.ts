import { bytes } from "../codec/bytes.ts";
import { json } from "../codec/json.ts";
import { tuple } from "../codec/tuple.ts";
import { utf8 } from "../codec/utf8.ts";
import { invalidArgument } from "../errors.ts";
import { shown } from "../options.ts";
import type { Losses } from "./losses.ts";
import type { RepairOptions } from "./repair_report.ts";
import type { Survey } from "./survey.ts";

/** Names that a damaged manifest is believed. */
const KNOWN_NAMES = [utf8, bytes, json(), tuple].map(({ name }) => name);

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
  options: RepairOptions,
  losses: Losses,
): CodecNames {
  return {
    keyCodec: codecName("keys", options, survey, losses),
    valueCodec: codecName("values", options, survey, losses),
  };
}

function codecName(
  option: "keys" | "values",
  options: RepairOptions,
  { state, manifest }: Survey,
  losses: Losses,
): string {
  const given = options[option]?.name;
  const stored = option === "keys" ? state?.keyCodec : state?.valueCodec;
  if (manifest === "damaged") {
    return given ?? doubtfulName(option, stored, options, losses);
  }
  if (given !== undefined && given !== stored) {
    throw invalidArgument(
      `Cannot repair: the ${option} are written with codec ${stored}, option ${option} says ${given}`,
    );
  }
  return stored!;
}

/** Without a whole manifest the names of codecs of one's own are not believed: a store under a wrong name would be opened by nobody. */
function doubtfulName(
  option: "keys" | "values",
  stored: string | undefined,
  options: RepairOptions,
  losses: Losses,
): string {
  if (stored !== undefined && KNOWN_NAMES.includes(stored)) return stored;
  const reason = stored === undefined
    ? `Nothing says with which codec the ${option} were written`
    : `The damaged manifest names codec ${
      JSON.stringify(stored)
    } for the ${option}`;
  if (stored !== undefined && options.inPlace) {
    throw invalidArgument(
      `Cannot repair in place: ${reason}; option ${option} has to say which it is`,
    );
  }
  losses.warn(
    `${reason}: ${utf8.name} was assumed; if that is wrong, repair again with option ${option}`,
  );
  return utf8.name;
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
