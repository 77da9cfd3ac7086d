import { jsonOfTuple } from "../codec/tuple_json.ts";
import type { Tuple } from "../codec/tuple.ts";
import { invalidArgument } from "../errors.ts";
import { typeName } from "../option_values.ts";

/**
 * A key as JSON: an array as a tuple, all else as a value. Throws `KV_INVALID_ARGUMENT` for what
 * would not come back.
 */
export function keyText(key: unknown): string {
  return Array.isArray(key)
    ? JSON.stringify(jsonOfTuple(key as Tuple))
    : valueText(key);
}

/**
 * A value as JSON. Throws `KV_INVALID_ARGUMENT` for what would not come back, with its place in the
 * value.
 */
export function valueText(value: unknown): string {
  const loss = typeof value === "string" ? undefined : lossIn(value, []);
  if (loss === undefined) return JSON.stringify(value);
  const { path, problem } = loss;
  const place = path.length === 0
    ? "it"
    : `the value at ${path.reverse().join(".")}`;
  throw invalidArgument(`${place} ${problem}`);
}

/** What JSON would not bring back. */
interface Loss {
  readonly problem: string;
  /** Where it lies, from the inside out. */
  readonly path: string[];
}

/** The first loss in `value`, which lies inside of `holders`. */
function lossIn(value: unknown, holders: unknown[]): Loss | undefined {
  if (value === null || typeof value === "string") return undefined;
  if (typeof value === "boolean" || Number.isFinite(value)) return undefined;
  if (!Array.isArray(value) && !isPlainObject(value)) {
    const what = typeof value === "number" ? String(value) : typeName(value);
    return { problem: `is ${what}`, path: [] };
  }
  if (holders.includes(value)) return { problem: "closes a cycle", path: [] };
  holders.push(value);
  for (const [name, member] of membersOf(value)) {
    const loss = lossIn(member, holders);
    loss?.path.push(String(name));
    if (loss !== undefined) return loss;
  }
  holders.pop();
  return undefined;
}

function membersOf(
  value: unknown[] | Record<string, unknown>,
): Iterable<[string | number, unknown]> {
  // A property that is left out reads as `undefined` again; a place of an array does not.
  return Array.isArray(value)
    ? value.entries()
    : Object.entries(value).filter(([, member]) => member !== undefined);
}

/** Whether `value` is what an object in JSON becomes, of whatever realm. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
