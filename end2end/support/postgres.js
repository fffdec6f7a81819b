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

/** Carries a statement out in a database; answers how many rows it changed. */
export function change(url, statement) {
  const said = execFileSync("psql", [url, "-v", "ON_ERROR_STOP=1", "-Xc", statement], { encoding: "utf8" });
  return Number(said.match(/^(?:UPDATE|DELETE|INSERT 0) (\d+)/m)[1]);
}

/** Everything in a database, as text. */
export function dump(url) {
  return execFileSync("pg_dump", [url], { encoding: "utf8", maxBuffer: 1 << 30 });
}
