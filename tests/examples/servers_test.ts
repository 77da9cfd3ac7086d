// Starts the servers of the examples in their runtimes and talks to them.
import { assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import { tempDir } from "../support/temp_dir.ts";
import { exampleRuntimes } from "./runtimes.ts";
import { stop, usingServer } from "./servers.ts";

const runtimes = exampleRuntimes();
const bun = runtimes.find(({ name }) => name === "bun");
const deno = runtimes.find(({ name }) => name === "deno");

if (bun !== undefined) {
  test("Example bun_server.ts keeps links across a stop and a kill", async () => {
    await using dir = tempDir();
    await usingServer(
      bun,
      "bun_server.ts",
      dir.path,
      async ({ url, script }) => {
        assertEquals(
          await put(`${url}/links/deno`, "https://deno.com/a?b"),
          201,
        );
        assertEquals(await put(`${url}/links/deer`, "http://deer.test/"), 201);
        assertEquals(await put(`${url}/links/bun`, "https://bun.sh"), 201);
        for (const bad of ["nonsense", "javascript:alert(1)", ""]) {
          assertEquals(await put(`${url}/links/bad`, bad), 400);
        }
        assertEquals(await put(`${url}/links/a%2Fb`, "https://bun.sh"), 400);
        // At the same time: each of them counts.
        const visits = Array.from({ length: 20 }, () => visit(`${url}/deno`));
        assertEquals(
          new Set(await Promise.all(visits)),
          new Set(["https://deno.com/a?b"]),
        );
        assertEquals(await visit(`${url}/none`), null);
        assertEquals(await read(`${url}/links?prefix=de`), [
          { code: "deer", url: "http://deer.test/", visits: 0 },
          { code: "deno", url: "https://deno.com/a?b", visits: 20 },
        ]);
        assertEquals(await remove(`${url}/links/deer`), 204);
        assertEquals(await remove(`${url}/links/deer`), 404);
        await stop(script);
      },
    );
    await usingServer(
      bun,
      "bun_server.ts",
      dir.path,
      async ({ url, script }) => {
        assertEquals(await read(`${url}/links`), [
          { code: "bun", url: "https://bun.sh", visits: 0 },
          { code: "deno", url: "https://deno.com/a?b", visits: 20 },
        ]);
        assertEquals(await put(`${url}/links/late`, "https://late.test/"), 201);
        script.kill();
        await script.result;
      },
    );
    await usingServer(
      bun,
      "bun_server.ts",
      dir.path,
      async ({ url, script }) => {
        const late = { url: "https://late.test/", visits: 0 };
        assertEquals(await read(`${url}/links/late`), late);
        await stop(script);
      },
    );
  });
}

if (deno !== undefined) {
  test("Example deno_server.ts keeps readings across a stop and a kill", async () => {
    await using dir = tempDir();
    await usingServer(
      deno,
      "deno_server.ts",
      dir.path,
      async ({ url, script }) => {
        const kitchen = `${url}/kitchen`;
        assertEquals(await put(`${kitchen}/2026-05-01T12:00:00Z`, "21.5"), 204);
        assertEquals(await put(`${kitchen}/2026-05-02T12:00:00Z`, "-3"), 204);
        assertEquals(await put(`${kitchen}/1969-07-20T20:17:40Z`, "30"), 204);
        assertEquals(await put(`${url}/kitchenette/2030-01-01`, "1"), 204);
        assertEquals(await put(`${kitchen}/2026-05-01T12:00:00Z`, "warm"), 400);
        assertEquals(await put(`${kitchen}/yesterday`, "20"), 400);
        const all = [
          { time: "1969-07-20T20:17:40.000Z", value: 30 },
          { time: "2026-05-01T12:00:00.000Z", value: 21.5 },
          { time: "2026-05-02T12:00:00.000Z", value: -3 },
        ];
        assertEquals(await read(kitchen), all);
        assertEquals(await read(`${kitchen}/latest`), all[2]);
        const may = `${kitchen}?from=2026-05-01&to=2026-05-02`;
        assertEquals(await read(may), [all[1]]);
        const deleted = await fetch(`${kitchen}?to=2000-01-01`, {
          method: "DELETE",
        });
        assertEquals(await deleted.json(), { deleted: 1 });
        assertEquals(await read(kitchen), all.slice(1));
        await stop(script);
      },
    );
    await usingServer(
      deno,
      "deno_server.ts",
      dir.path,
      async ({ url, script }) => {
        assertEquals((await read(`${url}/kitchen`) as unknown[]).length, 2);
        assertEquals(await put(`${url}/attic/2026-05-03T00:00:00Z`, "40"), 204);
        script.kill();
        await script.result;
      },
    );
    await usingServer(
      deno,
      "deno_server.ts",
      dir.path,
      async ({ url, script }) => {
        const latest = { time: "2026-05-03T00:00:00.000Z", value: 40 };
        assertEquals(await read(`${url}/attic/latest`), latest);
        await stop(script);
      },
    );
  });
}

async function put(url: string, body: string): Promise<number> {
  const response = await fetch(url, { method: "PUT", body });
  await response.text();
  return response.status;
}

async function remove(url: string): Promise<number> {
  const response = await fetch(url, { method: "DELETE" });
  await response.text();
  return response.status;
}

async function read(url: string): Promise<unknown> {
  const response = await fetch(url);
  assertEquals(response.status, 200);
  return await response.json();
}

/** Where a short link leads. */
async function visit(url: string): Promise<string | null> {
  const response = await fetch(url, { redirect: "manual" });
  await response.text();
  return response.headers.get("location");
}
