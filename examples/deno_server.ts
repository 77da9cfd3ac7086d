// Shows a server in Deno that keeps its state in a store: measurements of
// sensors, asked for by time.
//
//   deno run --allow-net --allow-read=readings \
//     --allow-write=readings examples/deno_server.ts [FOLDER] [PORT]
//
//   curl -X PUT -d 21.5 http://localhost:8000/kitchen/2026-05-01T12:00:00Z
//   curl "http://localhost:8000/kitchen?from=2026-05-01&to=2026-05-02"
//   curl http://localhost:8000/kitchen/latest
//   curl -X DELETE "http://localhost:8000/kitchen?to=2026-01-01"
//
// In a project of your own, after `deno add jsr:@purekv/purekv`:
//
//   import { json, open, tuple } from "@purekv/purekv";
import {
  json,
  open,
  type RangeOptions,
  type Tuple,
  tuple,
  type TuplePart,
} from "../mod.ts";

const [folder = "./readings", port = "8000"] = Deno.args;

// The key of a reading: ["kitchen", 1777636800000], sensor and Unix time in ms.
const db = await open(folder, { keys: tuple, values: json<number>() });

const server = Deno.serve({
  port: Number(port),
  onListen: ({ port }) => console.log(`Listening on http://localhost:${port}/`),
}, handle);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => void server.shutdown());
}

// Requests that were under way have been answered by now.
await server.finished;
await db.close();
console.log("Store closed");
Deno.exit();

/** Answers a request to `/SENSOR`, `/SENSOR/latest` or `/SENSOR/TIME`. */
async function handle(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const [sensor, time, ...rest] = url.pathname.slice(1).split("/");
  if (!sensor || rest.length > 0) return refuse(404, "No such page");
  if (request.method === "PUT" && time) {
    return await putReading(sensor, Date.parse(time), await request.text());
  }
  if (request.method === "GET" && time === "latest") {
    return await latestReading(sensor);
  }
  if (time !== undefined) return refuse(404, "No such page");

  const from = Date.parse(url.searchParams.get("from") ?? "0000-01-01");
  const to = Date.parse(url.searchParams.get("to") ?? "9999-12-31");
  if (Number.isNaN(from) || Number.isNaN(to)) {
    return refuse(400, "Expected from and to to be times");
  }
  const range = { gte: [sensor, from], lt: [sensor, to] };
  if (request.method === "GET") return await listReadings(range);
  if (request.method === "DELETE") return await deleteReadings(range);
  return refuse(405, "No such method");
}

async function putReading(
  sensor: string,
  time: number,
  body: string,
): Promise<Response> {
  const value = Number(body);
  if (Number.isNaN(time) || body.trim() === "" || !Number.isFinite(value)) {
    return refuse(400, "Expected a time in the path and a number as body");
  }
  // Answers once the reading is on disk. Sent twice, it is stored once.
  await db.put([sensor, time], value);
  return new Response(null, { status: 204 });
}

async function latestReading(sensor: string): Promise<Response> {
  const range = { prefix: [sensor], reverse: true, limit: 1 };
  for await (const [[, time], value] of db.scan(range)) {
    return Response.json({ time: isoTime(time), value });
  }
  return refuse(404, "No readings");
}

async function listReadings(range: RangeOptions<Tuple>): Promise<Response> {
  const readings: { time: string; value: number }[] = [];
  for await (const [[, time], value] of db.scan({ ...range, limit: 1_000 })) {
    readings.push({ time: isoTime(time), value });
  }
  return Response.json(readings);
}

/** Deletes all readings of a range, or, after a crash, none. */
async function deleteReadings(range: RangeOptions<Tuple>): Promise<Response> {
  const batch = db.batch();
  for await (const key of db.keys(range)) batch.del(key);
  await batch.commit();
  return Response.json({ deleted: batch.size });
}

function isoTime(part: TuplePart | undefined): string {
  return new Date(Number(part)).toISOString();
}

function refuse(status: number, reason: string): Response {
  return new Response(`${reason}\n`, { status });
}
