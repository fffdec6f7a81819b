// Rosters made for a test.

/** A CSV with `count` people; `prefix` keeps the usernames of two files apart. */
export function roster(count, { prefix = "person", extra = "" } = {}) {
  const lines = ["Username,First name,Last name,Email,Department"];
  for (let number = 1; number <= count; number += 1) {
    const id = String(number).padStart(5, "0");
    lines.push(`${prefix}${id},Given${id},Family${id},${prefix}${id}@example.org,Department ${number % 7}`);
  }
  return Buffer.from(`${lines.join("\r\n")}\r\n${extra}`);
}

/** As a file for an <input type=file>. */
export const file = (name, buffer) => ({ name, mimeType: "text/csv", buffer });
