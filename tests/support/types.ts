// Tests of types, which the compiler runs.

/** `true` if two types are the same. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only for `true`. */
export function holds<_T extends true>(): void {}
