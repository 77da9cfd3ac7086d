// Fills a database of another kind, for a migration. Arguments: kind and path.
/// <reference lib="deno.unstable" />
import process from "node:process";

const [kind, path] = process.argv.slice(2);
const rows = 2500;

switch (kind) {
  case "deno_kv": {
    using kv = await Deno.openKv(path);
    for (let i = 0; i < rows; i += 10) {
      const atomic = kv.atomic();
      for (let j = i; j < i + 10; j++) {
        atomic.set(["user", j], { name: `n${j}` });
      }
      await atomic.commit();
    }
    await kv.set([new Uint8Array([1]), true, 2n], null);
    await kv.atomic().sum(["visits"], 17n).commit();
    break;
  }
  case "deno_kv_dates": {
    using kv = await Deno.openKv(path);
    await kv.set(["now"], new Date());
    break;
  }
  case "classic_level": {
    const { ClassicLevel } = await import("classic-level");
    const db = new ClassicLevel<string, string>(path!);
    await db.open();
    const users = db.sublevel<string, object>("users", {
      valueEncoding: "json",
    });
    await users.batch(Array.from({ length: rows }, (_, i) => ({
      type: "put",
      key: `${i}`,
      value: { name: `n${i}` },
    })));
    await db.put("ä", "ö");
    await db.close();
    break;
  }
  case "lmdb": {
    const { open } = await import("lmdb");
    const db = open<unknown>({ path: path! });
    for (let i = 0; i < rows; i++) void db.put(["user", i], { name: `n${i}` });
    await db.put("plain", [1, "two"]);
    await db.close();
    break;
  }
  case "node_sqlite_odd":
  case "node_sqlite_hidden":
  case "node_sqlite_not_utf8": {
    const { DatabaseSync } = await import("node:sqlite");
    const db = new DatabaseSync(path!);
    db.exec(
      {
        node_sqlite_odd: `CREATE TABLE p (a TEXT PRIMARY KEY, b INT);
        INSERT INTO p VALUES (NULL, 1), (NULL, 2), ('x', 3), ('3', 4);
        CREATE TABLE pair (a, b, PRIMARY KEY (b, a));
        INSERT INTO pair VALUES (1, NULL), (1, NULL), (NULL, 1), (1, 2);
        CREATE TABLE named (_rowid TEXT, rowid TEXT, rowid_ AS (rowid || '!'));
        INSERT INTO named VALUES ('same', 'r'), ('same', 'r');
        CREATE TABLE without (oid TEXT, rowid TEXT, _rowid_ TEXT PRIMARY KEY) WITHOUT ROWID;
        INSERT INTO without VALUES ('o', NULL, 'k');`,
        node_sqlite_hidden: `CREATE TABLE h (oid, ROWID, _rowid_);
        INSERT INTO h VALUES (1, 2, 3);`,
        node_sqlite_not_utf8: `CREATE TABLE t (a TEXT PRIMARY KEY);
        INSERT INTO t VALUES (CAST(x'ff' AS TEXT)), (CAST(x'fe' AS TEXT));`,
      }[kind],
    );
    db.close();
    break;
  }
  case "node_sqlite": {
    const { DatabaseSync } = await import("node:sqlite");
    const db = new DatabaseSync(path!);
    db.exec(`CREATE TABLE "user" (id INTEGER PRIMARY KEY, name TEXT);
      CREATE TABLE visit (user INTEGER, day TEXT, count REAL, PRIMARY KEY (day, user));
      CREATE TABLE "odd ""name" (text TEXT);
      INSERT INTO visit VALUES (1, '2026-05-01', 2.5);
      INSERT INTO "odd ""name" VALUES (NULL);
      BEGIN`);
    const insert = db.prepare(`INSERT INTO "user" VALUES (?, ?)`);
    for (let i = 0; i < rows; i++) insert.run(i, `n${i}`);
    db.exec("COMMIT");
    db.close();
    break;
  }
}
