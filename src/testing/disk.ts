import { KvIoError } from "../errors.ts";

const FIRST_BUFFER_BYTES = 64;

/**
 * The bytes of a file. What was written to a file of a storage stays, so all states that a disk
 * goes through share them, and a state needs to know no more of a file than sizes: that is what
 * makes images of crashes cheap.
 */
export class Content {
  #buffer: Uint8Array = new Uint8Array(FIRST_BUFFER_BYTES);
  #size = 0;

  /** A content that is there at once. */
  static of(bytes: Uint8Array): Content {
    const content = new Content();
    content.#buffer = bytes;
    content.#size = bytes.length;
    return content;
  }

  get size(): number {
    return this.#size;
  }

  /** Copies bytes in at the end. */
  append(bytes: Uint8Array): void {
    const size = this.#size + bytes.length;
    if (size > this.#buffer.length) {
      const grown = new Uint8Array(2 * size);
      grown.set(this.bytes(this.#size));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#size);
    this.#size = size;
  }

  /** The first `size` bytes; not a copy. */
  bytes(size: number): Uint8Array {
    return this.#buffer.subarray(0, size);
  }
}

/** Bytes from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is so of a file at one moment. */
export interface FileState {
  size: number;
  /** Bytes from the start that a sync was told to have reached the medium. */
  synced: number;
  /** Where the room ends that was made for appends; what of it is not written holds zeros. */
  room: number;
  /** Up to where room was told to have reached the medium. */
  syncedRoom: number;
  /** What of the synced bytes has not, because an earlier sync failed and let go of it. */
  lost: readonly Span[];
}

/** The state of a file in which nothing was written yet. */
const EMPTY: Readonly<FileState> = {
  size: 0,
  synced: 0,
  room: 0,
  syncedRoom: 0,
  lost: [],
};

/** A change of names that waits for a sync of the directory. */
export interface NameChange {
  /** Which name comes to stand for which file. */
  readonly bind?: { readonly name: string; readonly content: Content };
  /** Which name goes. */
  readonly unbind?: string;
  /** Number of the effect that made it. */
  readonly effect: number;
}

/** What a call does to a disk. */
export type Effect =
  | {
    readonly kind: "create";
    readonly name: string;
    readonly content: Content;
  }
  | {
    readonly kind: "append";
    readonly content: Content;
    readonly size: number;
  }
  /** There is room for appends up to `end`. */
  | {
    readonly kind: "reserve";
    readonly content: Content;
    readonly end: number;
  }
  /**
   * All up to `size`, and room up to `room`, is durable. `isDropped`: what was not yet never will
   * be, though later syncs say so.
   */
  | {
    readonly kind: "sync";
    readonly content: Content;
    readonly size: number;
    readonly room: number;
    readonly isDropped: boolean;
  }
  | { readonly kind: "rename"; readonly from: string; readonly to: string }
  | { readonly kind: "remove"; readonly name: string }
  /** All changes of names before effect `before` are durable, or, if `isDropped`, never will be. */
  | {
    readonly kind: "syncDirectory";
    readonly before: number;
    readonly isDropped: boolean;
  }
  /** A file comes or goes behind the back of the storage, durably. */
  | { readonly kind: "plant"; readonly name: string; readonly content: Content }
  | { readonly kind: "uproot"; readonly name: string };

/** A state of a disk: what is written, what of it is durable, and which names wait for a sync. */
export class Disk {
  /** What whoever asks now finds. */
  readonly names: Map<string, Content>;
  /** Names that are durable. */
  readonly durableNames: Map<string, Content>;
  /**
   * Changes that lead from the durable names to those of now, in their order; those that a failed
   * sync has dropped are missing.
   */
  pending: readonly NameChange[];
  /** Effects so far. */
  effects: number;
  readonly #files: Map<Content, FileState>;

  /** An empty disk, or a copy of `other`. */
  constructor(other?: Disk) {
    this.names = new Map(other?.names);
    this.durableNames = new Map(other?.durableNames);
    this.pending = other?.pending ?? [];
    this.effects = other?.effects ?? 0;
    this.#files = new Map();
    if (other === undefined) return;
    for (const [content, file] of other.#files) {
      this.#files.set(content, { ...file });
    }
  }

  /** Forgets the files that no name leads to any more, whoever may have them open. */
  forgetUnnamed(): void {
    const named = new Set([
      ...this.names.values(),
      ...this.durableNames.values(),
      ...this.pending.map(({ bind }) => bind?.content),
    ]);
    for (const content of this.#files.keys()) {
      if (!named.has(content)) this.#files.delete(content);
    }
  }

  /** What is so of a file that has or had a name. */
  file(content: Content): FileState {
    return this.#files.get(content)!;
  }

  /** How long a file is for whoever opens it: with the room for appends. */
  sizeOf(content: Content): number {
    const { size, room } = this.file(content);
    return Math.max(size, room);
  }

  /** A copy of all that whoever opens a file finds in it. */
  copyOf(content: Content): Uint8Array {
    const copy = new Uint8Array(this.sizeOf(content));
    copy.set(content.bytes(this.file(content).size));
    return copy;
  }

  /** The content under a name, for `operation`. */
  existing(operation: string, name: string): Content {
    const content = this.names.get(name);
    if (content !== undefined) return content;
    throw new KvIoError(operation, name, "missing", {
      cause: new Error("there is no such file"),
    });
  }

  /** Puts a file there, durably. */
  plant(name: string, content: Content): void {
    this.uproot(name);
    const { size } = content;
    this.#files.set(content, { ...EMPTY, size, synced: size });
    this.names.set(name, content);
    this.durableNames.set(name, content);
  }

  /** Takes a file away, durably: what waits to be done with its name is off. */
  uproot(name: string): void {
    this.names.delete(name);
    this.durableNames.delete(name);
    this.pending = this.pending.filter(({ bind, unbind }) =>
      bind?.name !== name && unbind !== name
    );
  }

  /** Makes an effect happen. */
  apply(effect: Effect): void {
    this.effects++;
    switch (effect.kind) {
      case "create":
        this.#files.set(effect.content, { ...EMPTY });
        return this.#change({ bind: effect });
      case "append":
        this.file(effect.content).size = effect.size;
        return;
      case "reserve":
        return this.#reserve(this.file(effect.content), effect.end);
      case "sync":
        return this.#sync(this.file(effect.content), effect);
      case "rename": {
        const content = this.existing("rename", effect.from);
        const bind = { name: effect.to, content };
        return this.#change({ bind, unbind: effect.from });
      }
      case "remove":
        return this.#change({ unbind: effect.name });
      case "syncDirectory":
        return this.#syncDirectory(effect);
      case "plant":
        return this.plant(effect.name, effect.content);
      case "uproot":
        return this.uproot(effect.name);
    }
  }

  #reserve(file: FileState, end: number): void {
    file.room = Math.max(file.room, end);
  }

  #sync(
    file: FileState,
    { size, room, isDropped }: {
      readonly size: number;
      readonly room: number;
      readonly isDropped: boolean;
    },
  ): void {
    if (!isDropped) file.syncedRoom = Math.max(file.syncedRoom, room);
    if (size <= file.synced) return;
    if (isDropped) {
      file.lost = [...file.lost, { start: file.synced, end: size }];
    } else file.synced = size;
  }

  #change(change: Omit<NameChange, "effect">): void {
    applyChange(this.names, change);
    this.pending = [...this.pending, { ...change, effect: this.effects }];
  }

  #syncDirectory(
    { before, isDropped }: {
      readonly before: number;
      readonly isDropped: boolean;
    },
  ): void {
    for (const change of this.pending) {
      if (change.effect > before || isDropped) continue;
      applyChange(this.durableNames, change);
    }
    this.pending = this.pending.filter(({ effect }) => effect > before);
  }
}

/** Changes names as `change` says. */
export function applyChange(
  names: Map<string, Content>,
  { bind, unbind }: Omit<NameChange, "effect">,
): void {
  if (unbind !== undefined) names.delete(unbind);
  if (bind !== undefined) names.set(bind.name, bind.content);
}
