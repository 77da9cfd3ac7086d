/**
 * The largest sequence number and file number: the last integer that a JavaScript number holds
 * exactly with its successor. At a million writes a second it lasts 285 years.
 */
export const MAX_SEQUENCE: number = Number.MAX_SAFE_INTEGER - 1;
