import { logName } from "../format/file_names.ts";
import type { LogHeader } from "../format/log_format.ts";
import { Arena } from "../memtable/arena.ts";
import { MemTable } from "../memtable/memtable.ts";
import { type Awaitable, chain } from "../storage/awaitable.ts";
import type { Storage } from "../storage/storage.ts";
import { LogWriter } from "../wal/log_writer.ts";

/** A MemTable and the write-ahead log whose image its arena is. */
export class LoggedTable {
  readonly table: MemTable;
  /** File number of the log. */
  readonly logNumber: number;
  /** Bytes that the log had when it was read back; 0 for one that this engine writes. */
  readonly #recoveredBytes: number;
  #log: LogWriter | undefined;

  /** @param recoveredBytes Size of a log that was read back and takes no more records. */
  constructor(table: MemTable, logNumber: number, recoveredBytes = 0) {
    this.table = table;
    this.logNumber = logNumber;
    this.#recoveredBytes = recoveredBytes;
  }

  /** An empty table with room for `capacity` bytes. Its log is created with the first append. */
  static create(header: LogHeader, capacity: number): LoggedTable {
    const arena = Arena.create(header, capacity);
    return new LoggedTable(
      new MemTable(arena, header.firstSequence),
      header.number,
    );
  }

  get logName(): string {
    return logName(this.logNumber);
  }

  /** Whether the log is there. */
  get hasLog(): boolean {
    return this.#log !== undefined || this.#recoveredBytes > 0;
  }

  /** Bytes in the log. */
  get logBytes(): number {
    return this.#log?.size ?? this.#recoveredBytes;
  }

  /** Whether all that is in the log is durable. */
  get isSynced(): boolean {
    return this.#log?.isSynced ?? true;
  }

  /** Creates the log; its name and header are durable afterwards. */
  createLog(storage: Storage): Awaitable<LogWriter> {
    return chain(
      LogWriter.create(storage, this.logName, this.table.arena.logHeader),
      (log) => this.#log = log,
    );
  }

  /** Appends the records that are not yet in the log, as one frame. */
  appendUnwritten(storage: Storage, durableSequence: number): Awaitable<void> {
    if (this.#log === undefined) {
      return chain(
        this.createLog(storage),
        () => this.appendUnwritten(storage, durableSequence),
      );
    }
    const { arena, lastSequence } = this.table;
    return this.#log.append(arena.takeUnwritten(lastSequence, durableSequence));
  }

  /** Makes durable what is in the log. */
  sync(): Awaitable<void> {
    return this.#log?.sync();
  }

  /** Lets go of the log file. */
  closeLog(): Awaitable<void> {
    return this.#log?.close();
  }
}
