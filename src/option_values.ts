/**
 * Checks of single options, which name in their errors what was given and what is allowed.
 *
 * @module
 */
import { invalidArgument, type KvError } from "./errors.ts";
import { onlyNames } from "./option_names.ts";

/** What a number may be. */
export interface Bounds {
  readonly preset: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}

/** Options as they were given, which have to be an object. */
export function record(what: string, value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidArgument(
      `Invalid ${what}: got ${shown(value)}, expected an object`,
    );
  }
  return value as Record<string, unknown>;
}

/** An option that is true or false. */
export function flag(
  given: Record<string, unknown>,
  name: string,
  preset: boolean,
): boolean {
  const value = given[name];
  if (value === undefined) return preset;
  if (typeof value !== "boolean") throw refused(name, value, "true or false");
  return value;
}

/** An option that is a whole number. */
export function integer(
  given: Record<string, unknown>,
  name: string,
  bounds: Bounds,
  prefix = "",
): number {
  const value = given[name];
  if (value === undefined) return bounds.preset;
  const { min, max, unit } = bounds;
  if (
    typeof value !== "number" || !Number.isInteger(value) ||
    value < min || value > max
  ) {
    const allowed = `a whole number of ${min} to ${max}${unit}`;
    throw refused(prefix + name, value, allowed);
  }
  // Not -0, which is an integer too.
  return value + 0;
}

/** An option that is one of `choices`, of which the first is the default. */
export function oneOf<T extends string>(
  given: Record<string, unknown>,
  name: string,
  choices: readonly T[],
): T {
  const value = given[name];
  if (value === undefined) return choices[0]!;
  const choice = choices.find((known) => known === value);
  if (choice !== undefined) return choice;
  const allowed = choices.map((known) => `"${known}"`).join(", ");
  throw refused(name, value, `one of ${allowed}`);
}

/** Throws for the first option that is none; `owner` says of what, if not of the whole. */
export function refuseUnknownNames(
  given: Record<string, unknown>,
  owner: string,
  known: readonly string[],
): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    throw invalidArgument(
      `Unknown option ${name.slice(0, 64)}${owner}: there are ${
        onlyNames(name, known)
      }`,
    );
  }
}

/** The error for an option that has a value it cannot have. */
export function refused(
  name: string,
  value: unknown,
  allowed: string,
): KvError {
  return invalidArgument(
    `Invalid option ${name}: got ${shown(value)}, expected ${allowed}`,
  );
}

/** What a value that an option cannot have is called in a message. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 64));
  if (typeof value === "bigint") return `${value}n`;
  if (value === null || typeof value === "number") return String(value);
  if (typeof value === "boolean" || value === undefined) return String(value);
  return Array.isArray(value)
    ? `an array of ${value.length}`
    : `a value of type ${typeof value}`;
}
