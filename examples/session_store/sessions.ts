// Sessions of a web application in a store, under tuple keys:
//
//   ["session", id]       the session
//   ["user", user, id]    an index: the sessions of a user
//   ["end", endsMs, id]   an index: the sessions in the order in which they end
//
// A session and its index entries are written in one batch, so none is ever
// there without the others. Between a read and the write that depends on it
// there is no `await`: requests at the same time cannot undo one another.
import { Buffer } from "node:buffer";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { KvBatch, KvEngine, Tuple } from "../../mod.ts";

/** What is kept of a session. */
export interface Session {
  readonly user: string;
  readonly data: Readonly<Record<string, string>>;
  /** Unix times in milliseconds. */
  readonly startedMs: number;
  readonly endsMs: number;
}

/** A store of sessions: index entries have no value of their own. */
export type SessionEngine = KvEngine<Tuple, Session | null>;

export interface SessionOptions {
  /** Signs the tokens. Whoever changes it ends all sessions. */
  readonly secret: string;
  /** How long a session lives without a request, in milliseconds. Default 30 minutes. */
  readonly idleMs?: number;
  /** How long a session lives at most, in milliseconds. Default 12 hours. */
  readonly maxMs?: number;
  /** The time, for tests. */
  readonly now?: () => number;
}

const MINUTE_MS = 60_000;
const SWEEP_BATCH = 1000;

export class SessionStore {
  readonly #db: SessionEngine;
  readonly #secret: string;
  readonly #idleMs: number;
  readonly #maxMs: number;
  readonly #now: () => number;

  constructor(db: SessionEngine, options: SessionOptions) {
    const { secret, idleMs = 30 * MINUTE_MS, maxMs = 720 * MINUTE_MS } =
      options;
    this.#db = db;
    this.#secret = secret;
    this.#idleMs = idleMs;
    this.#maxMs = maxMs;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Begins a session and returns the token that the browser keeps. It is on disk by then: a user
   * who has logged in stays so.
   */
  async start(user: string, data: Session["data"] = {}): Promise<string> {
    const id = randomBytes(16).toString("base64url");
    const startedMs = this.#now();
    const endsMs = startedMs + Math.min(this.#idleMs, this.#maxMs);
    const batch = this.#db.batch();
    this.#put(batch, id, { user, data, startedMs, endsMs });
    await batch.commit();
    return `${id}.${this.#signatureOf(id)}`;
  }

  /**
   * The session of a token, which lives on because of that; `undefined` if it has ended, or never
   * was.
   */
  async resume(token: string): Promise<Session | undefined> {
    const id = this.#idOf(token);
    const session = id && this.#living(id);
    if (!id || !session) return undefined;
    const now = this.#now();
    // Not at every request: only when half of the time is over.
    if (session.endsMs - now > this.#idleMs / 2) return session;
    const lastMs = session.startedMs + this.#maxMs;
    const endsMs = Math.min(now + this.#idleMs, lastMs);
    if (endsMs === session.endsMs) return session;
    return await this.#replace(id, session, { ...session, endsMs }, {
      // If the power fails now, the session ends a little sooner. No request waits for that.
      sync: false,
    });
  }

  /** Changes what is kept with a session; answers `false` if it has ended. */
  async set(token: string, data: Session["data"]): Promise<boolean> {
    const id = this.#idOf(token);
    const session = id && this.#living(id);
    if (!id || !session) return false;
    await this.#replace(id, session, {
      ...session,
      data: { ...session.data, ...data },
    });
    return true;
  }

  /** Ends a session. It is over for good when the promise resolves, also after a crash. */
  async end(token: string): Promise<void> {
    const id = this.#idOf(token);
    const session = id && this.#db.getSync(["session", id]);
    if (!id || !session) return;
    const batch = this.#db.batch();
    this.#del(batch, id, session);
    await batch.commit();
  }

  /** Ends all sessions of a user, as after a change of the password; returns how many. */
  async endAll(user: string): Promise<number> {
    const batch = this.#db.batch();
    let count = 0;
    for (const [[, , id]] of this.#db.scanSync({ prefix: ["user", user] })) {
      const session = this.#db.getSync(["session", id!]);
      if (!session) continue;
      this.#del(batch, id as string, session);
      count++;
    }
    await batch.commit();
    return count;
  }

  /** Removes what has ended; returns how many sessions that were. To be called now and then. */
  async sweep(): Promise<number> {
    const ended = { gte: ["end"], lt: ["end", this.#now()] };
    for (let count = 0;;) {
      const batch = this.#db.batch();
      const found = [...this.#db.scanSync({ ...ended, limit: SWEEP_BATCH })];
      if (found.length === 0) return count;
      for (const [[, , id]] of found) {
        const session = this.#db.getSync(["session", id!])!;
        this.#del(batch, id as string, session);
      }
      count += found.length;
      // A session that comes back after a loss of power has ended all the same.
      await batch.commit({ sync: false });
    }
  }

  #living(id: string): Session | undefined {
    const session = this.#db.getSync(["session", id]);
    return session && session.endsMs > this.#now() ? session : undefined;
  }

  async #replace(
    id: string,
    before: Session,
    after: Session,
    options?: { sync: boolean },
  ): Promise<Session> {
    const batch = this.#db.batch();
    this.#del(batch, id, before);
    this.#put(batch, id, after);
    await batch.commit(options);
    return after;
  }

  #put(batch: KvBatch<Tuple, Session | null>, id: string, session: Session) {
    batch.put(["session", id], session)
      .put(["user", session.user, id], null)
      .put(["end", session.endsMs, id], null);
  }

  #del(batch: KvBatch<Tuple, Session | null>, id: string, session: Session) {
    batch.del(["session", id])
      .del(["user", session.user, id])
      .del(["end", session.endsMs, id]);
  }

  /** The id in a token, if it is one of ours: the store is not even asked for others. */
  #idOf(token: string): string | undefined {
    const [id = "", signature = "", ...rest] = token.split(".");
    const expected = Buffer.from(this.#signatureOf(id));
    const given = Buffer.from(signature);
    if (rest.length > 0 || given.length !== expected.length) return undefined;
    return timingSafeEqual(given, expected) ? id : undefined;
  }

  #signatureOf(id: string): string {
    return createHmac("sha256", this.#secret).update(id).digest("base64url");
  }
}
