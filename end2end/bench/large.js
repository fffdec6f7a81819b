// What a person sees while a large file is reviewed: how soon the first rows, whether the page stays quick, how far away
// any row is; and that ten million rows are counted right, in little memory.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { address, username, writeRoster } from "./roster.js";

/**
 * Writes a roster of seven columns, some rows of it wrong and some doubled on purpose; how many rows have which problem, as
 * the writer counted them. A row has at most one.
 */
function writeFaulty(path, rows) {
  const counted = { rows, invalid: 0, problems: {} };
  const wrong = (problem) => {
    counted.invalid += 1;
    counted.problems[problem] = (counted.problems[problem] ?? 0) + 1;
  };
  writeRoster(path, rows, (row, person) => {
    const fault = row % 5_000;
    // Those doubled are of rows near and far that have no fault of their own.
    const other = row < 100_000 || row % 10_000 < 5_000 ? row - 3_001 : row - 99_001;
    if (fault === 1_000) [person.given] = ["", wrong("First name missing")];
    else if (fault === 2_000) [person.email] = ["nobody at all", wrong("Email not valid")];
    else if (fault === 3_500) [person.name] = [username(other), wrong("Username twice in the file")];
    else if (fault === 4_500) [person.email] = [address(other), wrong("Email twice in the file")];
  });
  return counted;
}

/** Has pages of a context note when a file was chosen, when its first rows were drawn, and every task of 50 ms or more. */
export function watch(context) {
  return context.addInitScript(() => {
    const seen = { tasks: [], chosen: 0, drawn: 0 };
    window.seen = seen;
    new PerformanceObserver((list) => {
      for (const task of list.getEntries()) seen.tasks.push({ start: task.startTime, took: task.duration });
    }).observe({ type: "longtask", buffered: true });
    document.addEventListener("change", (event) => {
      if (event.target.type !== "file") return;
      [seen.chosen, seen.drawn] = [performance.now(), 0];
      const look = new MutationObserver(() => {
        if (document.querySelectorAll(".rows-body .rows-value").length < 20) return;
        look.disconnect();
        // The frame after the one in which they are put there has been drawn.
        requestAnimationFrame(() => setTimeout(() => (seen.drawn = performance.now())));
      });
      look.observe(document.body, { childList: true, subtree: true });
    }, true);
  });
}

/** From choosing a file to its first rows; the longest task until it was read, 0 where none took 50 ms; in milliseconds. */
export const sighted = (page) => page.evaluate(() => {
  const { chosen, drawn, tasks } = window.seen;
  const during = tasks.filter((task) => task.start + task.took > chosen).map((task) => task.took);
  return { first: drawn - chosen, longest: Math.max(0, ...during) };
});

/** Milliseconds from moving the scroll bar to a part of its way until a row from there is drawn, and that row's number and username. */
const jump = (page, part) => page.evaluate((part) => new Promise((done) => {
  const scroller = document.querySelector(".rows");
  const rows = Number(document.querySelector(".rows-table").getAttribute("aria-rowcount")) - 1;
  const began = performance.now();
  scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * part;
  const look = () => {
    const box = scroller.getBoundingClientRect();
    for (const row of document.querySelectorAll(".rows-body .rows-row")) {
      const { top, bottom } = row.getBoundingClientRect();
      const number = Number(row.querySelector(".is-number").textContent.replace(/\D/g, ""));
      const value = row.querySelector(".rows-value")?.textContent;
      if (top < box.top || bottom > box.bottom || !value || Math.abs(number - rows * part) > rows / 1000) continue;
      return setTimeout(() => done({ took: performance.now() - began, number, value }));
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}), part);

/** Bytes that the page and its worker have on JavaScript's heap after a collection. */
export async function heap(page) {
  const session = await page.context().newCDPSession(page);
  const workers = [];
  session.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => targetInfo.type === "worker" && workers.push(sessionId));
  await session.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  // A worker that has ended its work meanwhile does not answer, and has nothing any more.
  const inWorker = (sessionId, method) => new Promise((done) => {
    setTimeout(done, 2_000);
    session.on("Target.receivedMessageFromTarget", (event) => {
      const { id, result } = JSON.parse(event.message);
      if (event.sessionId === sessionId && id === method.length) done(result);
    });
    session.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id: method.length, method }) }).catch(done);
  });
  await session.send("HeapProfiler.collectGarbage");
  let { usedSize } = await session.send("Runtime.getHeapUsage");
  for (const worker of workers) {
    await inWorker(worker, "HeapProfiler.collectGarbage");
    usedSize += (await inWorker(worker, "Runtime.getHeapUsage"))?.usedSize ?? 0;
  }
  await session.detach();
  return { used: usedSize, workers: workers.length };
}

/** What the page says: the sum, and how many rows have each problem. */
const said = (page) => page.evaluate(() => {
  const number = (text) => Number(text.replace(/\D/g, ""));
  const sum = document.querySelector(".sum").innerText.replaceAll(",", "");
  const facets = [...document.querySelectorAll("[aria-labelledby=problems-title] .facet")];
  return {
    rows: Number(sum.match(/(\d+)\s*rows/)[1]),
    invalid: Number(sum.match(/(\d+)\s*invalid/)[1]),
    problems: Object.fromEntries(facets.map((facet) => [facet.querySelector(".facet-name").textContent, number(facet.querySelector(".facet-count").textContent)])),
  };
});

/** By how many rows two counts differ, all told. */
function difference(one, other) {
  const kinds = new Set([...Object.keys(one.problems), ...Object.keys(other.problems)]);
  const problems = [...kinds].reduce((sum, kind) => sum + Math.abs((one.problems[kind] ?? 0) - (other.problems[kind] ?? 0)), 0);
  return Math.abs(one.rows - other.rows) + Math.abs(one.invalid - other.invalid) + problems;
}

/**
 * Reviews a file of ten million rows and looks at rows all over it. `choose` opens the page and chooses a file.
 */
export async function tenMillion(page, folder, choose, rows = 10_000_000) {
  const path = join(folder, "ten-million.csv");
  const expected = writeFaulty(path, rows);
  try {
    const { seconds, bytes } = await choose(path);
    const found = await said(page);
    process.stderr.write(`counted ${JSON.stringify(expected)}, reviewed ${JSON.stringify(found)}\n`);
    const seen = await sighted(page);
    const jumps = [];
    for (const part of [0.5, 0.123, 0.987, 0.321, 0.75, 0.05, 0.66, 0.44, 0.9, 0.2]) {
      const landed = await jump(page, part);
      // Of rows that have another one's name on purpose the number tells nothing.
      if (landed.number % 5_000 !== 3_500 && landed.value !== username(landed.number)) throw new Error(`Row ${landed.number} shows ${landed.value}`);
      jumps.push(landed.took);
    }
    process.stderr.write(`jumps: ${jumps.map(Math.round).join(", ")} ms\n`);
    return { rows, seconds, bytes, first: seen.first, longest: seen.longest, jump: Math.max(...jumps), off: difference(expected, found), heap: (await heap(page)).used };
  } finally {
    rmSync(path);
  }
}
