// One `test` for three runtimes: `Deno.test` with its sanitizers for leaked
// resources, operations and exits, `bun:test`, or `node:test`.

/** How a test is run. */
export interface TestOptions {
  /** After how many milliseconds the test fails. Guards against hangs only. */
  readonly timeoutMs?: number;
}

type TestFunction = () => void | Promise<void>;
type Register = (name: string, fn: TestFunction, timeoutMs: number) => void;

const defaultTimeoutMs = 300_000;

const register = await pickRunner();

/** Registers a test with the runner of this runtime. */
export function test(
  name: string,
  fn: TestFunction,
  options: TestOptions = {},
): void {
  register(name, fn, options.timeoutMs ?? defaultTimeoutMs);
}

async function pickRunner(): Promise<Register> {
  if ("Deno" in globalThis) {
    return (name, fn, timeoutMs) => {
      Deno.test({
        name,
        fn: () => within(timeoutMs, fn),
        sanitizeOps: true,
        sanitizeResources: true,
      });
    };
  }
  if ("Bun" in globalThis) {
    // Not a literal: the type checker of Deno does not know the module.
    const { test } = await import("bun:" + "test") as {
      test: (name: string, fn: TestFunction, timeoutMs: number) => void;
    };
    return test;
  }
  const { test } = await import("node:test");
  return (name, fn, timeoutMs) => {
    // The runner itself waits for the promise and reports its rejection.
    void test(name, { timeout: timeoutMs }, () => fn());
  };
}

/** Fails a test that takes longer than `timeoutMs`: Deno has no such limit. */
async function within(timeoutMs: number, fn: TestFunction): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`Test did not end: ${timeoutMs} ms have passed`));
    }, timeoutMs);
  });
  try {
    await Promise.race([fn(), expired]);
  } finally {
    clearTimeout(timer);
  }
}
