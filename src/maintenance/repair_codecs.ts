import { bytes } from "../codec/bytes.ts";
import { json } from "../codec/json.ts";
import { tuple } from "../codec/tuple.ts";
import { utf8 } from "../codec/utf8.ts";
import { invalidArgument, KvError } from "../errors.ts";
import { refused } from "../option_values.ts";
import type { Losses } from "./losses.ts";
import type { RepairOptions } from "./repair_report.ts";
import type { Survey } from "./survey.ts";

/** Names that a damaged manifest is believed. */
const KNOWN_NAMES = [utf8, bytes, json(), tuple].map(({ name }) => name);

/** The most bytes that a manifest has for the name of a codec. */
const MAX_NAME_BYTES = 255;

/** A repair in place would have to guess a codec: `KV_INVALID_ARGUMENT`. */
export class UnnamedCodecError extends KvError {
  /** @param reason Why it is not known. */
  constructor(reason: string) {
    super(
      "KV_INVALID_ARGUMENT",
      `Cannot repair in place: ${reason}; name the codecs of the store with options keys and values, or repair it into another place`,
    );
  }
}

/** Names of the codecs of a store. */
export interface CodecNames {
  readonly keyCodec: string;
  readonly valueCodec: string;
}

/**
 * With which codecs the new store is opened: those that the manifest names, or, without a whole
 * one, those that the caller does.
 */
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
      `Cannot repair: the ${option} are written with codec ${stored}, but option ${option} says ${given}`,
    );
  }
  return stored!;
}

/**
 * Without a whole manifest the names of codecs of one's own are not believed. A store under a wrong
 * name would be opened by nobody, so where it is replaced nothing is assumed either.
 */
function doubtfulName(
  option: "keys" | "values",
  stored: string | undefined,
  options: RepairOptions,
  losses: Losses,
): string {
  if (stored !== undefined && KNOWN_NAMES.includes(stored)) return stored;
  const reason = stored === undefined
    ? `nothing says with which codec the ${option} were written`
    : `the damaged manifest names codec ${
      JSON.stringify(stored)
    } for the ${option}`;
  if (options.inPlace) throw new UnnamedCodecError(reason);
  losses.warn(
    `Codec ${utf8.name} was assumed for the ${option}, since ${reason}; if that is wrong, repair again with option ${option}`,
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
  const codec = `a codec with a name of 1 to ${MAX_NAME_BYTES} bytes`;
  throw refused("repair", `${option} must be ${codec}`, value);
}
