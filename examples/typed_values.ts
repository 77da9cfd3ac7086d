// Shows keys that are tuples and values that are objects: the data of a small
// blog, with an index by date that is kept up in the same batch.
//
//   deno run examples/typed_values.ts
//   bun examples/typed_values.ts
//   node examples/typed_values.ts
//
// In a project of your own:
//
//   import { json, open, tuple } from "@purekv/purekv";
//   import { MemoryStorage } from "@purekv/purekv/memory";
//
// The keys, and what is stored under them:
//
//   ["post", slug]               Post
//   ["date", year, month, slug]  Headline, an index: numbers sort as numbers
//   ["comment", slug, number]    Comment
import { json, open, tuple } from "../mod.ts";
import { MemoryStorage } from "../src/storage/memory.ts";

interface Post {
  type: "post";
  title: string;
  text: string;
  year: number;
  month: number;
}

interface Headline {
  type: "headline";
  title: string;
}

interface Comment {
  type: "comment";
  author: string;
  text: string;
}

await using db = await open(new MemoryStorage(), {
  keys: tuple,
  values: json<Post | Headline | Comment>(),
});

await publish("hello", "Hello", { year: 2026, month: 2 });
await publish("second", "A second post", { year: 2026, month: 11 });
await publish("old", "From long ago", { year: 1999, month: 12 });
await comment("hello", "Ada", "Welcome!");
await comment("hello", "Grace", "Nice");
await comment("hello-world", "Alan", "Of another post");

console.log("newest first:");
for await (
  const [[, year, month], value] of db.scan({ prefix: ["date"], reverse: true })
) {
  if (value.type === "headline") {
    console.log(`  ${year}-${month} ${value.title}`);
  }
}

console.log("in 2026:", await countOf(["date", 2026]));
// Whole parts: the comments of "hello-world" do not begin with this.
console.log("comments on hello:", await countOf(["comment", "hello"]));

const post = await db.get(["post", "hello"]);
if (post?.type === "post") console.log("text of hello:", post.text);

console.log("deleted:", await unpublish("hello"));
console.log("left:", await countOf([]));

async function publish(
  slug: string,
  title: string,
  { year, month }: { year: number; month: number },
): Promise<void> {
  const text = `${title}: some text`;
  await db.batch()
    .put(["post", slug], { type: "post", title, text, year, month })
    .put(["date", year, month, slug], { type: "headline", title })
    .commit();
}

async function comment(
  slug: string,
  author: string,
  text: string,
): Promise<void> {
  // The number after the last one there is.
  const prefix = ["comment", slug];
  const [last] = [...db.scanSync({ prefix, reverse: true, limit: 1 })];
  const number = last === undefined ? 1 : Number(last[0][2]) + 1;
  await db.put(["comment", slug, number], { type: "comment", author, text });
}

/** Deletes a post with all that belongs to it and returns how many entries that were. */
async function unpublish(slug: string): Promise<number> {
  const post = await db.get(["post", slug]);
  if (post?.type !== "post") return 0;
  const batch = db.batch()
    .del(["post", slug])
    .del(["date", post.year, post.month, slug]);
  for await (const key of db.keys({ prefix: ["comment", slug] })) {
    batch.del(key);
  }
  await batch.commit();
  return batch.size;
}

async function countOf(prefix: (string | number)[]): Promise<number> {
  let count = 0;
  for await (const _key of db.keys({ prefix })) count++;
  return count;
}
