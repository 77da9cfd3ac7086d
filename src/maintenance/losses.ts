import { keyText } from "../inspection/key_text.ts";
import type { RepairLoss } from "./repair_report.ts";

/** How many losses and warnings are kept, so that memory stays bounded however much is damaged. */
const MOST_LOSSES = 10_000;
const MOST_WARNINGS = 1_000;

/** A loss as it is found. */
export interface FoundLoss
  extends Pick<RepairLoss, "file" | "offset" | "end" | "reason" | "writes"> {
  /** Between which keys it lies. */
  readonly from?: Uint8Array | undefined;
  readonly to?: Uint8Array | undefined;
}

/** Gathers what a repair could not save. */
export class Losses {
  readonly list: RepairLoss[] = [];
  readonly warnings: string[] = [];
  omitted = 0;

  /** Whether nothing is lost and nothing is in doubt. */
  get none(): boolean {
    return this.list.length === 0 && this.warnings.length === 0;
  }

  add({ from, to, ...loss }: FoundLoss): void {
    if (this.list.length === MOST_LOSSES) {
      this.omitted++;
      return;
    }
    const keys = from && to && { from: keyText(from), to: keyText(to) };
    this.list.push(keys === undefined ? loss : { ...loss, keys });
  }

  warn(warning: string): void {
    if (this.warnings.length < MOST_WARNINGS) this.warnings.push(warning);
  }
}
