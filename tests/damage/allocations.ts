type ArrayType = (new (...args: never[]) => object) & {
  readonly name: string;
  readonly BYTES_PER_ELEMENT?: number;
};

/**
 * Counts the bytes of all typed arrays that are made by their length, or copied, until it is
 * disposed of.
 */
export class Allocations implements Disposable {
  bytes = 0;
  readonly #originals = new Map<string, ArrayType>();

  constructor() {
    const types = [
      Uint8Array,
      Uint16Array,
      Uint32Array,
      Int32Array,
      Float64Array,
      ArrayBuffer,
    ];
    for (const type of types) this.#watch(type);
  }

  #watch(type: ArrayType): void {
    const global = globalThis as unknown as Record<string, ArrayType>;
    this.#originals.set(type.name, type);
    const unit = type.BYTES_PER_ELEMENT ?? 1;
    const watched: ArrayType = new Proxy(type, {
      construct: (target, args: unknown[], newTarget): object => {
        this.bytes += unit * lengthMade(args[0]);
        return Reflect.construct(
          target,
          args,
          newTarget === watched ? target : newTarget,
        );
      },
    });
    global[type.name] = watched;
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, Object.fromEntries(this.#originals));
  }
}

/** How many elements an array has that is made of this. */
function lengthMade(source: unknown): number {
  if (typeof source === "number") return source;
  const isView = source instanceof ArrayBuffer ||
    source instanceof SharedArrayBuffer;
  return isView ? 0 : (source as ArrayLike<unknown> | undefined)?.length ?? 0;
}
