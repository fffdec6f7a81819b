// What the bare databases take for the same file (one table, unique indexes on lower(username) and lower(email)), and when
// an import into a database was finished.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { newDatabase } from "../support/postgres.js";

const TABLE = "CREATE TABLE person (username text NOT NULL, first_name text, last_name text, email text NOT NULL, department text, phone text, change text)";
const INDEXES = "CREATE UNIQUE INDEX person_username ON person (lower(username)); CREATE UNIQUE INDEX person_email ON person (lower(email))";

function seconds(work) {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1000;
}

/** Seconds that `.import` takes; `null` where the program sqlite3 is missing. */
export function bareSqlite(csv, database) {
  const sqlite = (...commands) => execFileSync("sqlite3", [database, ...commands], { stdio: ["ignore", "ignore", "pipe"] });
  try {
    sqlite(`${TABLE}; ${INDEXES};`);
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
  const taken = seconds(() => sqlite(`.import --csv --skip 1 ${csv} person`));
  rmSync(database);
  return taken;
}

/** Seconds that COPY takes. */
export function barePostgres(csv) {
  const url = newDatabase();
  const psql = (command) => execFileSync("psql", [url, "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--command", command]);
  psql(`${TABLE}; ${INDEXES}`);
  return seconds(() => psql(`\\copy person FROM '${csv}' CSV HEADER`));
}

const FINISHED = "SELECT max(finished_at) FROM import";

/** When the last import was finished, in milliseconds since 1970; `null` where the program sqlite3 is missing. */
export function finishedSqlite(database) {
  try {
    return Number(execFileSync("sqlite3", [database, FINISHED]));
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
}

/** When the last import was finished, in milliseconds since 1970. */
export function finishedPostgres(url) {
  return Number(execFileSync("psql", [url, "--no-psqlrc", "--tuples-only", "--command", FINISHED]));
}
