// A web server with users that log in and stay so: see README.md.
//
// In a project of your own, after `deno add jsr:@purekv/purekv`:
//
//   import { json, open, tuple } from "@purekv/purekv";
import { json, open, tuple } from "../../mod.ts";
import { type Session, SessionStore } from "./sessions.ts";

const COOKIE = "session";
const SWEEP_EVERY_MS = 60_000;

const [folder = "./sessions", port = "8000"] = Deno.args;
const secret = Deno.env.get("SESSION_SECRET");
if (!secret || secret.length < 32) {
  console.error(
    "Set SESSION_SECRET to 32 characters or more that nobody knows",
  );
  Deno.exit(2);
}

const db = await open(folder, { keys: tuple, values: json<Session | null>() });
const sessions = new SessionStore(db, { secret });
const sweeping = setInterval(() => void sweep(), SWEEP_EVERY_MS);

const server = Deno.serve({
  port: Number(port),
  onListen: ({ port }) => console.log(`Listening on http://localhost:${port}/`),
}, handle);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => void server.shutdown());
}

await server.finished;
clearInterval(sweeping);
await db.close();
console.log("Store closed");
Deno.exit();

async function handle(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const token = tokenOf(request);
  switch (`${request.method} ${pathname}`) {
    case "POST /login": {
      const user = (await request.text()).trim();
      // Here a real application looks at a password.
      if (!/^\w{1,32}$/.test(user)) return answer(400, "Expected a name");
      // The session of before ends: a token that somebody has planted is worth nothing.
      await sessions.end(token);
      return answer(200, `Hello, ${user}`, await sessions.start(user));
    }
    case "GET /": {
      const session = await sessions.resume(token);
      if (session === undefined) return answer(401, "Not logged in");
      const { user, data } = session;
      return answer(200, `${user} likes ${data.colour ?? "no colour"}`);
    }
    case "PUT /colour": {
      const colour = (await request.text()).trim().slice(0, 100);
      const isSet = await sessions.set(token, { colour });
      return isSet ? answer(200, "Noted") : answer(401, "Not logged in");
    }
    case "POST /logout":
      await sessions.end(token);
      return answer(200, "Goodbye", "");
    case "POST /logout-everywhere": {
      const session = await sessions.resume(token);
      if (session === undefined) return answer(401, "Not logged in");
      const count = await sessions.endAll(session.user);
      return answer(200, `Ended ${count} sessions`, "");
    }
  }
  return answer(404, "No such page");
}

/** A text, and a token for the browser to keep; an empty one makes it forget. */
function answer(status: number, text: string, token?: string): Response {
  const headers = new Headers();
  if (token !== undefined) {
    const age = token === "" ? "; Max-Age=0" : "";
    // Behind HTTPS, add "; Secure".
    const flags = `Path=/; HttpOnly; SameSite=Lax${age}`;
    headers.set("Set-Cookie", `${COOKIE}=${token}; ${flags}`);
  }
  return new Response(`${text}\n`, { status, headers });
}

function tokenOf(request: Request): string {
  for (const part of (request.headers.get("Cookie") ?? "").split(";")) {
    const [name, value = ""] = part.trim().split("=");
    if (name === COOKIE) return value;
  }
  return "";
}

async function sweep(): Promise<void> {
  try {
    await sessions.sweep();
  } catch (error) {
    console.error("Cannot sweep:", error);
  }
}
