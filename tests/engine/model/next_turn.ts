import { setImmediate } from "node:timers";

/** Lets everything happen that is due. */
export function nextTurn(): Promise<void> {
  return new Promise<void>((resolve) => setImmediate(resolve));
}
