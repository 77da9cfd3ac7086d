// Shows a server in Bun that keeps its state in a store: short links, with a
// count of their visits.
//
//   bun examples/bun_server.ts [FOLDER] [PORT]
//
//   curl -X PUT -d https://bun.sh http://localhost:3000/links/bun
//   curl -i http://localhost:3000/bun
//   curl "http://localhost:3000/links?prefix=b"
//   curl -X DELETE http://localhost:3000/links/bun
//
// In a project of your own, after `bunx jsr add @purekv/purekv`:
//
//   import { json, open } from "@purekv/purekv";
import process from "node:process";
import { json, open } from "../mod.ts";

interface Link {
  url: string;
  visits: number;
}

const [folder = "./links", port = "3000"] = process.argv.slice(2);
const db = await open(folder, { values: json<Link>() });

const server = Bun.serve({
  port: Number(port),
  routes: {
    "/links": { GET: listLinks },
    "/links/:code": { PUT: putLink, GET: getLink, DELETE: deleteLink },
    "/:code": { GET: follow },
  },
  fetch: notFound,
});
console.log(`Listening on ${server.url}`);

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, shutDown);

async function putLink(request: BunRequest): Promise<Response> {
  const { code } = request.params;
  const url = (await request.text()).trim();
  if (!/^[\w-]{1,64}$/.test(code) || !isWebAddress(url)) {
    const problem = "Expected a short code in the path and a URL as body\n";
    return new Response(problem, { status: 400 });
  }
  const link: Link = { url, visits: 0 };
  // Answers once the link is on disk: what a client has seen created stays.
  await db.put(code, link);
  return Response.json(link, { status: 201 });
}

async function getLink(request: BunRequest): Promise<Response> {
  const link = await db.get(request.params.code);
  return link === undefined ? notFound() : Response.json(link);
}

async function deleteLink(request: BunRequest): Promise<Response> {
  const existed = await db.del(request.params.code);
  return existed ? new Response(null, { status: 204 }) : notFound();
}

async function listLinks(request: BunRequest): Promise<Response> {
  const prefix = new URL(request.url).searchParams.get("prefix") ?? "";
  const links = await Array.fromAsync(
    db.scan({ prefix, limit: 100 }),
    ([code, link]) => ({ code, ...link }),
  );
  return Response.json(links);
}

async function follow(request: BunRequest): Promise<Response> {
  const { code } = request.params;
  const link = db.getSync(code);
  if (link === undefined) return notFound();
  // No await since the read: no visit of another request is lost. A count may
  // miss the last visits after a loss of power, so it does not wait for the disk.
  const visited = { ...link, visits: link.visits + 1 };
  await db.put(code, visited, { sync: false });
  return Response.redirect(link.url, 302);
}

function isWebAddress(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === "http:" || url?.protocol === "https:";
}

function notFound(): Response {
  return new Response("No such link\n", { status: 404 });
}

/** Answers the requests that are under way, then makes everything durable. */
async function shutDown(): Promise<void> {
  await server.stop();
  await db.close();
  console.log("Store closed");
  process.exit();
}

// What @types/bun says, as far as it is needed: this file is checked without.

interface BunRequest extends Request {
  readonly params: { readonly code: string };
}

type Handler = (request: BunRequest) => Promise<Response>;

declare const Bun: {
  serve(options: {
    port: number;
    routes: Record<string, Record<string, Handler>>;
    fetch: () => Response;
  }): { readonly url: URL; stop(): Promise<void> };
};
