/**
 * What the command line answers with when it ends:
 *
 *     0    done
 *     1    not found; or problems were found, or something was lost
 *     2    the command was not understood
 *     3    the store failed: it is damaged, in use, missing, or cannot be written
 *     4    input or output failed: a line that is none, a file that cannot be read or written
 *     70   a fault of this program
 *     130  ended by Ctrl-C (143 by SIGTERM, 129 by SIGHUP), with the store closed in good order
 *
 * @module
 */
export const DONE = 0;
export const NOT_FOUND = 1;
export const USAGE = 2;
export const STORE_FAILED = 3;
export const DATA_FAILED = 4;
export const FAULT = 70;

/** What a process that a signal has ended answers with, less the number of the signal. */
export const SIGNALLED = 128;
