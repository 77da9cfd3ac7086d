import { type Awaitable, isPending } from "../../storage/awaitable.ts";

/** What a stream reads ahead of its reader, in bytes of keys and values. */
const MOST_BUFFERED_BYTES = 64 * 1024;

/** What an entry takes beside its key and value, in bytes, nearly. */
const ENTRY_BYTES = 64;

/** A scan as a stream sees it. */
export interface StreamedScan<T> {
  /** The next entry. */
  step(): Awaitable<IteratorResult<T, undefined>>;
  /** Bytes of key and value of the entry that came last. */
  readonly entryBytes: number;
  /** Ends the scan and lets go of what it holds. */
  end(): Promise<unknown>;
}

/**
 * A stream of what a scan yields. It reads ahead by bytes rather than entries, which may be large,
 * and ends the scan when it is cancelled.
 */
export function streamOfScan<T>(
  scan: StreamedScan<T>,
  signal: AbortSignal | undefined,
): ReadableStream<T> {
  const source = new ScanStreamSource(scan, signal);
  return new ReadableStream<T>(source, {
    highWaterMark: MOST_BUFFERED_BYTES,
    // Asked when an entry is put into the queue, while the scan is still at it.
    size: () => scan.entryBytes + ENTRY_BYTES,
  });
}

class ScanStreamSource<T> implements UnderlyingDefaultSource<T> {
  readonly #scan: StreamedScan<T>;
  readonly #signal: AbortSignal | undefined;
  #stopListening: () => void = () => {};

  constructor(scan: StreamedScan<T>, signal: AbortSignal | undefined) {
    this.#scan = scan;
    this.#signal = signal;
  }

  start(controller: ReadableStreamDefaultController<T>): void {
    const signal = this.#signal;
    if (signal === undefined) return;
    const stop = () => {
      controller.error(signal.reason);
      void this.cancel();
    };
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    this.#stopListening = () => signal.removeEventListener("abort", stop);
  }

  /**
   * Fills the queue of the stream, once all that was in it has been read. In Deno the queue is a
   * linked list. If it is never empty, a node that has grown old keeps all nodes behind it from
   * being young garbage, read or not. Measured on a pipe of 1 GB: all of it outlived young garbage,
   * in a heap of 200 MiB; now 3 % do, in 80 MiB.
   */
  pull(controller: ReadableStreamDefaultController<T>): Awaitable<void> {
    if (controller.desiredSize! < MOST_BUFFERED_BYTES) return;
    const waiting = this.#fill(controller);
    return waiting && this.#fillWaiting(controller, waiting);
  }

  /**
   * Fills the queue for as long as the storage answers at once, without a promise per entry;
   * answers with the step that has to wait.
   */
  #fill(
    controller: ReadableStreamDefaultController<T>,
  ): Promise<IteratorResult<T, undefined>> | undefined {
    try {
      while (controller.desiredSize! > 0) {
        const step = this.#scan.step();
        if (isPending(step)) return step;
        this.#emit(controller, step);
        if (step.done) return;
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  async #fillWaiting(
    controller: ReadableStreamDefaultController<T>,
    first: Promise<IteratorResult<T, undefined>>,
  ): Promise<void> {
    let waiting: typeof first | undefined = first;
    while (waiting !== undefined) {
      const step: IteratorResult<T, undefined> = await waiting
        .catch((error) => this.#fail(error));
      this.#emit(controller, step);
      waiting = step.done ? undefined : this.#fill(controller);
    }
  }

  #emit(
    controller: ReadableStreamDefaultController<T>,
    { done, value }: IteratorResult<T, undefined>,
  ): void {
    // It may have been aborted while the step waited for storage.
    if (this.#signal?.aborted) return;
    if (!done) return controller.enqueue(value);
    this.#stopListening();
    controller.close();
  }

  /** The scan has ended by itself. */
  #fail(error: unknown): never {
    this.#stopListening();
    throw error;
  }

  async cancel(): Promise<void> {
    this.#stopListening();
    await this.#scan.end();
  }
}
