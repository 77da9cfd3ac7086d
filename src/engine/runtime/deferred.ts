/** A promise with its handles, for one event that many wait for. */
export interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/** Makes an open {@linkcode Deferred}. */
export function defer(): Deferred {
  return Promise.withResolvers<void>();
}
