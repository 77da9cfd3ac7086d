// A graph of who knows whom on purekv: quadstore, unchanged, keeps the triples
// of RDF in a PureLevel.
//
//   deno run -A examples/level/graph.ts ./people
//
// In a project of your own:
//
//   import { PureLevel } from "@purekv/purekv/level";
import factory from "@rdfjs/data-model";
import process from "node:process";
import { Quadstore } from "quadstore";
import { PureLevel } from "../../src/level/level.ts";

const knows = [
  ["Ada", "Charles"],
  ["Ada", "Mary"],
  ["Charles", "Ada"],
  ["Mary", "Ada"],
  ["Mary", "Caroline"],
] as const;

/** Makes the graph in a folder and returns what a few questions are answered. */
export async function askGraph(folder: string): Promise<string[]> {
  const { store, close } = await openGraph(folder);
  try {
    await store.multiPut(knows.map(([a, b]) => triple(a, b)));
    const answers = [
      `Ada knows ${await known(store, "Ada")}`,
      `Ada is known by ${await knowing(store, "Ada")}`,
    ];
    await store.multiPatch([triple("Ada", "Mary")], [
      triple("Ada", "Caroline"),
    ]);
    answers.push(`then Ada knows ${await known(store, "Ada")}`);
    await store.del(triple("Charles", "Ada"));
    answers.push(`and is known by ${await knowing(store, "Ada")}`);
    return answers;
  } finally {
    await close();
  }
}

/** Opens a graph that is there and counts what it holds. */
export async function countGraph(folder: string): Promise<number> {
  const { store, close } = await openGraph(folder);
  try {
    return (await store.get({})).items.length;
  } finally {
    await close();
  }
}

async function openGraph(folder: string) {
  const backend = new PureLevel(folder);
  const store = new Quadstore({ backend, dataFactory: factory });
  await store.open();
  return { store, close: () => store.close() };
}

async function known(store: Quadstore, name: string): Promise<string> {
  const { items } = await store.get({ subject: person(name) });
  return items.map(({ object }) => nameOf(object.value)).join(", ");
}

async function knowing(store: Quadstore, name: string): Promise<string> {
  const { items } = await store.get({ object: person(name) });
  return items.map(({ subject }) => nameOf(subject.value)).join(", ");
}

function triple(a: string, b: string) {
  const predicate = factory.namedNode("http://xmlns.com/foaf/0.1/knows");
  return factory.quad(person(a), predicate, person(b));
}

function person(name: string) {
  return factory.namedNode(`http://example.com/${name}`);
}

function nameOf(iri: string): string {
  return iri.slice(iri.lastIndexOf("/") + 1);
}

if (import.meta.main) {
  const [, , folder = "people"] = process.argv;
  for (const line of await askGraph(folder)) console.log(line);
}
