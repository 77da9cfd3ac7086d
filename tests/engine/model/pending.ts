/** Answers that are waited for later, so that many calls are under way at once. */
export class Pending {
  /** Names the operation that asks. */
  label = "";
  #count = 0;
  #promises: Promise<void>[] = [];
  #failure: Error | undefined;

  /** How many have been added since all were waited for. */
  get count(): number {
    return this.#count;
  }

  /** Adds a call; `check` throws if its answer is wrong. */
  add<T>(answer: Promise<T>, check?: (answer: T) => void): void {
    const { label } = this;
    this.#count++;
    this.#promises.push(
      answer.then(check).then(undefined, (cause) => {
        const reason = cause instanceof Error ? cause.message : cause;
        this.#failure ??= new Error(
          `answer to operation ${label}: ${reason}`,
          { cause },
        );
      }),
    );
  }

  /** Waits for all of them; throws what the first wrong one was. */
  async settled(): Promise<void> {
    while (this.#promises.length > 0) {
      await Promise.all(this.#promises.splice(0));
    }
    this.#count = 0;
    if (this.#failure !== undefined) throw this.#failure;
  }
}
