/** What the simulated engine should not have done. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** Reports what the engine should not have done. */
export function violate(what: string, cause?: unknown): never {
  throw new Violation(what, { cause });
}
