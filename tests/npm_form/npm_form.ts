// Makes the package that Bun and Node users get, and says how to try it:
//
//   deno task npm:form [folder]
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { appManifest } from "./app.ts";
import { makePackage } from "./make_package.ts";

const folder = process.argv[2] === undefined
  ? mkdtempSync(join(tmpdir(), "purekv-npm-form-"))
  : resolve(process.argv[2]);
mkdirSync(folder, { recursive: true });
const form = await makePackage(folder);
console.log(`${form.tarball}

In an empty folder, write this package.json, then run "npm install" or "bun install":

${JSON.stringify(appManifest(form), undefined, 2)}`);
