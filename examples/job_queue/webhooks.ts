// A service in Bun that delivers web hooks: see README.md.
//
// In a project of your own, after `bunx jsr add @purekv/purekv`:
//
//   import { json, open, tuple } from "@purekv/purekv";
import process from "node:process";
import { json, open, tuple } from "../../mod.ts";
import { type Job, Queue } from "./queue.ts";
import { work } from "./work.ts";

interface Delivery {
  url: string;
  body: string;
}

const [folder = "./webhooks", port = "3000"] = process.argv.slice(2);
const TIMEOUT_MS = Number(process.env.TIMEOUT_MS ?? 10_000);

const db = await open(folder, {
  keys: tuple,
  values: json<Job<Delivery> | null>(),
});
const queue = new Queue(db, {
  leaseMs: Number(process.env.LEASE_MS ?? 30_000),
  backoffMs: Number(process.env.BACKOFF_MS ?? 1000),
  maxAttempts: Number(process.env.MAX_ATTEMPTS ?? 5),
});

const stop = new AbortController();
const working = work(queue, deliver, { signal: stop.signal });

const server = Bun.serve({
  port: Number(port),
  routes: {
    "/deliveries": { GET: count, POST: add },
    "/dead": { GET: dead },
    "/dead/:id/revive": { POST: revive },
  },
  fetch: () => new Response("No such page\n", { status: 404 }),
});
console.log(`Listening on ${server.url}`);

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, shutDown);

/** Makes one attempt. The receiver tells by the id whether it has had the delivery before. */
async function deliver(
  { id, payload }: Job<Delivery>,
  lost: AbortSignal,
): Promise<void> {
  const response = await fetch(payload.url, {
    method: "POST",
    headers: { "Idempotency-Key": id },
    body: payload.body,
    signal: AbortSignal.any([lost, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`Answered with ${response.status}`);
}

/** Once this has answered, the delivery will be made, whatever happens to this process. */
async function add(request: BunRequest): Promise<Response> {
  // What is no JSON is no delivery either.
  const given: unknown = await request.json().catch(() => undefined);
  const { url, body } = (given ?? {}) as Partial<Delivery>;
  if (typeof url !== "string" || typeof body !== "string") {
    return Response.json({ error: "Expected url and body" }, { status: 400 });
  }
  const id = await queue.add({ url, body });
  return Response.json({ id }, { status: 202 });
}

async function count(): Promise<Response> {
  return Response.json({ waiting: await queue.size() });
}

async function dead(): Promise<Response> {
  return Response.json(await queue.dead());
}

async function revive(request: BunRequest): Promise<Response> {
  const found = await queue.revive(request.params.id!);
  return new Response(null, { status: found ? 204 : 404 });
}

/** Finishes the deliveries that are under way; the others wait in the store. */
async function shutDown(): Promise<void> {
  await server.stop();
  stop.abort();
  await working;
  await db.close();
  console.log("Store closed");
  process.exit();
}

// What @types/bun says, as far as it is needed: this file is checked without.

interface BunRequest extends Request {
  readonly params: Readonly<Record<string, string>>;
}

type RouteHandler = (request: BunRequest) => Promise<Response>;

declare const Bun: {
  serve(options: {
    port: number;
    routes: Record<string, Record<string, RouteHandler>>;
    fetch: () => Response;
  }): { readonly url: URL; stop(): Promise<void> };
};
