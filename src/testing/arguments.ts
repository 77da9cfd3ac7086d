import { invalidArgument, type KvError } from "../errors.ts";

/** Bounds of a whole number, and what it is if it is not given. */
interface Bounds {
  readonly min: number;
  readonly max?: number;
  readonly preset?: number;
}

/** Options as they come from callers without types: read one by one and checked on the way. */
export class Arguments {
  readonly #name: string;
  readonly #given: Record<string, unknown>;
  readonly #known = new Set<string>();

  /** @param name What the options are those of, for messages. */
  constructor(name: string, given: unknown) {
    this.#name = name;
    if (typeof given !== "object" || given === null) {
      throw invalidArgument(
        `Invalid ${name}: got ${shown(given)}, expected an object`,
      );
    }
    this.#given = given as Record<string, unknown>;
  }

  /** A whole number. */
  integer(name: string, bounds: Bounds & { readonly preset: number }): number;
  integer(name: string, bounds: Bounds): number | undefined;
  integer(name: string, bounds: Bounds): number | undefined {
    const value = this.#read(name);
    if (value === undefined) return bounds.preset;
    const { min, max = Number.MAX_SAFE_INTEGER } = bounds;
    const isWhole = typeof value === "number" && Number.isSafeInteger(value);
    if (isWhole && value >= min && value <= max) return value;
    const most = max === Number.MAX_SAFE_INTEGER ? "2^53 - 1" : max;
    throw this.#refused(name, `a whole number of ${min} to ${most}`);
  }

  /** A whole number of 0 or more, or `Infinity`. */
  amount(name: string, preset: number): number {
    if (this.#given[name] !== Infinity) {
      return this.integer(name, { min: 0, preset });
    }
    this.#known.add(name);
    return Infinity;
  }

  /** The option `seed`, which is 0 by default. */
  seed(): number {
    return this.integer("seed", { min: 0, preset: 0 });
  }

  /** `true` or `false`. */
  flag(name: string, preset: boolean): boolean {
    const value = this.#read(name);
    if (value === undefined) return preset;
    if (typeof value === "boolean") return value;
    throw this.#refused(name, "true or false");
  }

  /** One of `choices`. */
  oneOf<T extends string>(
    name: string,
    choices: readonly T[],
    preset?: NoInfer<T>,
  ): T {
    const value = this.#read(name) ?? preset;
    const choice = choices.find((known) => known === value);
    if (choice !== undefined) return choice;
    throw this.#refused(name, `one of ${choices.join(", ")}`);
  }

  /** One or an array of `choices`; all of them if nothing is given. */
  someOf<T extends string>(name: string, choices: readonly T[]): readonly T[] {
    const value = this.#read(name);
    if (value === undefined) return choices;
    const values: unknown[] = Array.isArray(value) ? value : [value];
    const found = choices.filter((choice) => values.includes(choice));
    if (values.length > 0 && found.length === new Set(values).size) {
      return found;
    }
    throw this.#refused(name, `some of ${choices.join(", ")}`);
  }

  /** A text or a regular expression; one with a memory of its own would match now and then. */
  pattern(name: string): string | RegExp | undefined {
    const value = this.#read(name);
    if (value === undefined || typeof value === "string") return value;
    const isPattern = value instanceof RegExp && !value.global && !value.sticky;
    if (isPattern) return value;
    throw this.#refused(
      name,
      "a name or a regular expression without g and y",
    );
  }

  /** Refuses options that were not asked for. */
  refuseOthers(): void {
    for (const name of Object.keys(this.#given)) {
      if (this.#known.has(name)) continue;
      throw invalidArgument(`Unknown option ${name} of ${this.#name}`);
    }
  }

  #read(name: string): unknown {
    this.#known.add(name);
    return this.#given[name];
  }

  #refused(name: string, allowed: string): KvError {
    const value = shown(this.#given[name]);
    return invalidArgument(
      `Invalid option ${name} of ${this.#name}: got ${value}, expected ${allowed}`,
    );
  }
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 64));
  if (typeof value === "number" || value == null) return String(value);
  return `a value of type ${typeof value}`;
}
