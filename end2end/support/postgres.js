// Databases of their own in the temporary cluster that script/with-postgres started.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";

/** Address of a new, empty database. */
export function newDatabase() {
  const cluster = process.env.ROLLCALL_TEST_POSTGRES_URL;
  if (!cluster) throw new Error("run the browser tests through script/with-postgres, as make test does");
  const name = `e2e_${randomBytes(6).toString("hex")}`;
  execFileSync("psql", [cluster, "-qc", `create database ${name}`]);
  const url = new URL(cluster);
  url.pathname = `/${name}`;
  return url.href;
}

/** Everything in a database, as text. */
export function dump(url) {
  return execFileSync("pg_dump", [url], { encoding: "utf8", maxBuffer: 1 << 30 });
}
