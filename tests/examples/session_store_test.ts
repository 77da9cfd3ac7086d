import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  type Session,
  SessionStore,
} from "../../examples/session_store/sessions.ts";
import { json, open, tuple } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { tempDir } from "../support/temp_dir.ts";
import { exampleRuntimes } from "./runtimes.ts";
import { stop, usingServer } from "./servers.ts";

const secret = "a secret of thirty-two characters";
const MINUTE_MS = 60_000;

/** A store of sessions whose clock the test sets. */
async function openSessions(storage = new MemoryStorage()) {
  const db = await open(storage, {
    keys: tuple,
    values: json<Session | null>(),
  });
  const clock = { ms: 1_000_000_000_000 };
  const sessions = new SessionStore(db, { secret, now: () => clock.ms });
  return { db, sessions, clock };
}

test("Sessions live on with requests, up to a limit, and end without", async () => {
  const { db, sessions, clock } = await openSessions();
  const token = await sessions.start("ada", { theme: "dark" });
  clock.ms += 29 * MINUTE_MS;
  assertEquals((await sessions.resume(token))?.user, "ada");
  clock.ms += 29 * MINUTE_MS;
  assertEquals((await sessions.resume(token))?.data, { theme: "dark" });
  clock.ms += 31 * MINUTE_MS;
  assertEquals(await sessions.resume(token), undefined);

  const busy = await sessions.start("ada");
  for (let minutes = 0; minutes < 12 * 60; minutes += 20) {
    assert(await sessions.resume(busy), `after ${minutes} minutes`);
    clock.ms += 20 * MINUTE_MS;
  }
  assertEquals(await sessions.resume(busy), undefined);
  await db.close();
});

test("Sessions are renewed only when half of their time is over", async () => {
  const { db, sessions, clock } = await openSessions();
  const token = await sessions.start("ada");
  const before = db.stats().lastSequence;
  clock.ms += 10 * MINUTE_MS;
  await sessions.resume(token);
  assertEquals(db.stats().lastSequence, before);
  clock.ms += 10 * MINUTE_MS;
  await sessions.resume(token);
  assert(db.stats().lastSequence > before);
  await db.close();
});

test("Sessions are found with a token that was signed, and no other", async () => {
  const { db, sessions } = await openSessions();
  const token = await sessions.start("ada");
  const [id, signature] = token.split(".");
  const forged = [
    "",
    ".",
    id!,
    `${id}.`,
    `${id}.${signature!.slice(1)}x`,
    `${id}x.${signature}`,
    `${token}.`,
    `${id}.${"é".repeat(43)}`,
  ];
  for (const other of forged) {
    assertEquals(await sessions.resume(other), undefined, other);
  }
  const another = new SessionStore(db, {
    secret: "another one, as long as it",
  });
  assertEquals(await another.resume(token), undefined);
  assert(await sessions.resume(token));
  await db.close();
});

test("Sessions of a user end all at once, those of others do not", async () => {
  const { db, sessions } = await openSessions();
  const tokens = [await sessions.start("ada"), await sessions.start("ada")];
  const other = await sessions.start("ada2");
  assertNotEquals(tokens[0], tokens[1]);
  assertEquals(await sessions.endAll("ada"), 2);
  for (const token of tokens) {
    assertEquals(await sessions.resume(token), undefined);
    assertEquals(await sessions.set(token, { a: "b" }), false);
  }
  assert(await sessions.resume(other));
  await sessions.end(other);
  assertEquals([...db.scanSync()], []);
  await db.close();
});

test("Sweeping leaves nothing of sessions that have ended", async () => {
  const { db, sessions, clock } = await openSessions();
  await Promise.all(
    Array.from({ length: 1500 }, (_, i) => sessions.start(`user ${i}`)),
  );
  clock.ms += 20 * MINUTE_MS;
  const token = await sessions.start("late");
  clock.ms += 11 * MINUTE_MS;
  assertEquals(await sessions.sweep(), 1500);
  assertEquals([...db.scanSync()].length, 3);
  assert(await sessions.resume(token));
  await db.close();
});

test("Changes of a session at the same time do not undo one another", async () => {
  const { db, sessions, clock } = await openSessions();
  const token = await sessions.start("ada");
  clock.ms += 20 * MINUTE_MS;
  await Promise.all([
    sessions.set(token, { a: "1" }),
    sessions.resume(token),
    sessions.set(token, { b: "2" }),
  ]);
  assertEquals((await sessions.resume(token))?.data, { a: "1", b: "2" });
  assertEquals([...db.scanSync()].length, 3);
  await db.close();
});

const deno = exampleRuntimes().find(({ name }) => name === "deno");

if (deno !== undefined) {
  test("Example session_store/server.ts keeps users logged in across a kill", async () => {
    await using dir = tempDir();
    const server = "session_store/server.ts";
    const env = { SESSION_SECRET: secret };
    let cookie = "";
    async function ask(method: string, url: string, body?: string) {
      const response = await fetch(url, {
        method,
        headers: { Cookie: cookie },
        ...body === undefined ? {} : { body },
      });
      cookie = response.headers.get("Set-Cookie")?.split(";")[0] ?? cookie;
      return `${response.status} ${(await response.text()).trim()}`;
    }
    await usingServer(deno, server, dir.path, async ({ url, script }) => {
      assertEquals(await ask("GET", url), "401 Not logged in");
      assertEquals(
        await ask("POST", `${url}/login`, "no name"),
        "400 Expected a name",
      );
      assertEquals(await ask("POST", `${url}/login`, "ada"), "200 Hello, ada");
      assertEquals(await ask("PUT", `${url}/colour`, "green"), "200 Noted");
      script.kill();
      await script.result;
    }, env);
    await usingServer(deno, server, dir.path, async ({ url, script }) => {
      assertEquals(await ask("GET", url), "200 ada likes green");
      assertEquals(
        await ask("POST", `${url}/logout-everywhere`),
        "200 Ended 1 sessions",
      );
      assertEquals(await ask("GET", url), "401 Not logged in");
      await stop(script);
    }, env);
  });
}
