/**
 * Checks options and other arguments; errors name what was expected and what was given.
 *
 * @module
 */
import { invalidArgument, type KvError } from "./errors.ts";
import { knownNames } from "./option_names.ts";

/** What a whole number may be. */
export interface Bounds {
  readonly min: number;
  /** No limit if it is left out. */
  readonly max?: number;
  /** With a space before it. */
  readonly unit?: string;
}

/**
 * The error for a bad argument: `action` failed because of `problem`, an expectation that `value`
 * does not meet.
 */
export function refused(
  action: string,
  problem: string,
  value: unknown,
): KvError {
  return invalidArgument(`Cannot ${action}: ${problem}, got ${shown(value)}`);
}

/** How a message shows a value: short ones as they are, others by type. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 64));
  if (typeof value === "bigint") return `${value}n`;
  const isShort = typeof value === "number" || typeof value === "boolean";
  if (isShort) return String(value);
  return Array.isArray(value) ? `an array of ${value.length}` : typeName(value);
}

/** The type of a value, for messages that must not repeat the value itself. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value !== "object") return `a ${typeof value}`;
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return tag === "Object" ? "an object" : `an object (${tag})`;
}

/** Throws `KV_INVALID_ARGUMENT` unless `options` is an object with no other fields than `names`. */
export function checkNames(
  options: unknown,
  names: readonly string[],
  action: string,
): void {
  if (!isRecord(options)) {
    throw invalidArgument(
      `Cannot ${action}: options must be an object, got ${
        shown(options)
      } (known: ${names.join(", ")})`,
    );
  }
  for (const name in options) {
    if (!names.includes(name)) throw unknownOption(action, name, names);
  }
}

/** Options of work that reports progress. */
export const PROGRESS_NAMES: readonly string[] = ["signal", "onProgress"];

/**
 * Checks the options of work that reports progress and can be aborted; `names` are the known ones.
 */
export function checkProgressOptions(
  options: { readonly signal?: unknown; readonly onProgress?: unknown },
  names: readonly string[],
  action: string,
): void {
  checkNames(options, names, action);
  checkSignal(options.signal, action);
  const { onProgress } = options;
  if (onProgress === undefined || typeof onProgress === "function") return;
  throw refused(action, "onProgress must be a function", onProgress);
}

/** Throws `KV_INVALID_ARGUMENT` for a value that is neither left out nor a boolean. */
export function checkFlag(value: unknown, name: string, action: string): void {
  if (value === undefined || typeof value === "boolean") return;
  throw refused(action, `${name} must be a boolean`, value);
}

/** Throws `KV_INVALID_ARGUMENT` for a value that is neither left out nor a whole number. */
export function checkCount(
  value: unknown,
  name: string,
  { min, max, unit = "", action }: Bounds & { readonly action: string },
): void {
  if (value === undefined) return;
  const most = max ?? Number.MAX_SAFE_INTEGER;
  const isWhole = typeof value === "number" && Number.isSafeInteger(value);
  if (isWhole && value >= min && value <= most) return;
  const range = max === undefined
    ? `of at least ${min}`
    : `from ${min} to ${max}`;
  throw refused(
    action,
    `${name} must be a whole number ${range}${unit}`,
    value,
  );
}

/** Throws `KV_INVALID_ARGUMENT` for a `signal` that is neither left out nor one. */
export function checkSignal(
  signal: unknown,
  action: string,
): asserts signal is AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw refused(action, "signal must be an AbortSignal", signal);
}

/** Options from untyped callers, read one by one and checked on the way. */
export class OptionReader {
  readonly #action: string;
  readonly #prefix: string;
  readonly #given: Record<string, unknown>;
  readonly #known: string[] = [];

  /**
   * @param action What fails if they are wrong.
   * @param path The option that holds them, if they are nested.
   */
  constructor(action: string, given: unknown, path?: string) {
    this.#action = action;
    this.#prefix = path === undefined ? "" : `${path}.`;
    if (!isRecord(given)) {
      throw refused(action, `${path ?? "options"} must be an object`, given);
    }
    this.#given = given;
  }

  /** The value of an option, not checked. */
  read(name: string): unknown {
    this.#known.push(name);
    return this.#given[name];
  }

  /** A whole number. */
  integer(name: string, bounds: Bounds & { readonly preset: number }): number;
  integer(name: string, bounds: Bounds): number | undefined;
  integer(
    name: string,
    bounds: Bounds & { readonly preset?: number },
  ): number | undefined {
    const value = this.read(name);
    const action = this.#action;
    checkCount(value, this.#prefix + name, { ...bounds, action });
    // Not -0, which is a whole number too.
    return value === undefined ? bounds.preset : value as number + 0;
  }

  /** A whole number of 0 or more, or `Infinity`. */
  amount(name: string, preset: number): number {
    return this.#given[name] === Infinity
      ? this.read(name) as number
      : this.integer(name, { min: 0, preset });
  }

  /** `true` or `false`. */
  flag(name: string, preset: boolean): boolean {
    const value = this.read(name);
    checkFlag(value, this.#prefix + name, this.#action);
    return value as boolean | undefined ?? preset;
  }

  /** An `AbortSignal`. */
  signal(): AbortSignal | undefined {
    const value = this.read("signal");
    checkSignal(value, this.#action);
    return value;
  }

  /** One of `choices`. */
  oneOf<T extends string>(
    name: string,
    choices: readonly T[],
    preset?: NoInfer<T>,
  ): T {
    const given = this.read(name);
    const value = given === undefined ? preset : given;
    const choice = choices.find((known) => known === value);
    if (choice !== undefined) return choice;
    throw this.refused(name, `one of ${quoted(choices)}`, value);
  }

  /** One or an array of `choices`; all of them if nothing is given. */
  someOf<T extends string>(name: string, choices: readonly T[]): readonly T[] {
    const value = this.read(name);
    if (value === undefined) return choices;
    const values: unknown[] = Array.isArray(value) ? value : [value];
    const found = choices.filter((choice) => values.includes(choice));
    const areKnown = found.length === new Set(values).size;
    if (values.length > 0 && areKnown) return found;
    throw this.refused(name, `some of ${quoted(choices)}`, value);
  }

  /** The error for the value of an option, which must be `expected`. */
  refused(name: string, expected: string, value: unknown): KvError {
    const problem = `${this.#prefix}${name} must be ${expected}`;
    return refused(this.#action, problem, value);
  }

  /** Refuses options that were not read; the caller checks `others` itself. */
  refuseOthers(others: readonly string[] = []): void {
    const known = [...this.#known, ...others];
    for (const name of Object.keys(this.#given)) {
      if (known.includes(name)) continue;
      throw unknownOption(this.#action, name, known, this.#prefix);
    }
  }
}

function unknownOption(
  action: string,
  name: string,
  known: readonly string[],
  prefix = "",
): KvError {
  return invalidArgument(
    `Cannot ${action}: unknown option ${prefix}${name.slice(0, 64)} ${
      knownNames(name, known)
    }`,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function quoted(choices: readonly string[]): string {
  return choices.map((choice) => `"${choice}"`).join(", ");
}
