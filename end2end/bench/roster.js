// Rosters of any size, of seven columns, written piece by piece; rows are counted from 1.
import { closeSync, openSync, writeSync } from "node:fs";

const GIVEN = "Anna Ben Cleo Dan Eve Fay Gus Hana Ivan Jana Kai Lena Mia Noah Olga Paul Rita Sven Tara Uwe Zoe".split(" ");
const FAMILY = "Smith Jones Miller Fischer Weber Moss Fox Ray Lind Orr Hay Novak Horvat Rossi Costa Silva Meyer Young".split(" ");
const DOMAINS = ["example.org", "example.com", "mail.example.net", "corp.example.edu"];
const DEPARTMENTS = ["Sales", "Research and Development", "Support", "Finance", "People", "Legal"];
const AT_ONCE = 10_000;

const given = (row) => GIVEN[(row * 7) % GIVEN.length];
const family = (row) => FAMILY[(row * 13) % FAMILY.length];

/** The username of a row that nothing is wrong with. */
export const username = (row) => `${given(row)}.${family(row)}${row}`.toLowerCase();

/** The address of a row that nothing is wrong with. */
export const address = (row) => `${username(row)}@${DOMAINS[row % DOMAINS.length]}`;

/** Writes a roster; no problem in it, unless `spoil(row, person)` changes what a row says. */
export function writeRoster(path, rows, spoil = () => {}) {
  const out = openSync(path, "w");
  writeSync(out, "Username,First name,Last name,Email,Department,Phone,Change password next time\r\n");
  for (let from = 1; from <= rows; from += AT_ONCE) {
    const lines = [];
    for (let row = from; row < Math.min(rows + 1, from + AT_ONCE); row += 1) {
      const person = { name: username(row), given: given(row), email: address(row) };
      spoil(row, person);
      const phone = `+49 30 ${100_000 + (row * 31) % 900_000}`;
      lines.push(`${person.name},${person.given},${family(row)},${person.email},${DEPARTMENTS[row % DEPARTMENTS.length]},${phone},${row % 2}\r\n`);
    }
    writeSync(out, lines.join(""));
  }
  closeSync(out);
}
