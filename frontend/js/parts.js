// Hands out a file part by part. A thread of its own reads it, which is this file once more: while one part is reviewed,
// the next ones are fetched, and a few buffers go to and fro between the two. Where there can be no second thread, the
// file is read in this one.
const SIZE = 1 << 20;
/** The first part: enough to understand a file, and there sooner. */
const FIRST = 1 << 17;
/** Buffers: while the page draws its first rows, nothing may be read for some thirtieth of a second. */
const AHEAD = 16;
const NAME = "roster reading";

if (globalThis.name === NAME) serve();

/** The other thread: reads the file of the last ticket, and never further ahead than there are buffers. */
function serve() {
  let ticket = 0;
  let free = [];
  let wake = () => {};
  addEventListener("message", ({ data }) => {
    if (data.ticket !== ticket) {
      if (!("file" in data)) return;
      ticket = data.ticket;
      free = Array(AHEAD).fill(null);
      if (data.file) read(data.file, ticket);
    } else {
      free.push(data.buffer);
    }
    wake();
  });

  async function read(file, mine) {
    let reader;
    try {
      const [opened, fills] = open(file);
      reader = opened;
      let size = FIRST;
      for (let done = false; !done; ) {
        while (free.length === 0 && ticket === mine) await new Promise((resolve) => (wake = resolve));
        if (ticket !== mine) break;
        let buffer = free.pop();
        if (buffer && buffer.byteLength < SIZE) buffer = null;
        let [start, length] = [0, 0];
        if (fills) {
          buffer ??= new ArrayBuffer(size);
          size = SIZE;
          while (!done && length < buffer.byteLength) {
            const part = await reader.read(new Uint8Array(buffer, length));
            done = part.done;
            buffer = part.value.buffer;
            length += part.value.byteLength;
          }
        } else {
          const part = await reader.read();
          done = part.done;
          ({ buffer, byteOffset: start, byteLength: length } = part.value ?? new Uint8Array());
        }
        postMessage({ ticket: mine, buffer, start, length, done }, [buffer]);
      }
    } catch {
      postMessage({ ticket: mine, failed: true });
    }
    reader?.cancel().catch(() => {});
  }
}

/** A reader of the file, and whether it fills buffers that it is given: that saves making new ones. */
function open(file) {
  try {
    return [file.stream().getReader({ mode: "byob" }), true];
  } catch {
    return [file.stream().getReader(), false];
  }
}

let thread = null;
let broken = typeof Worker === "undefined";
let last = 0;
let current;
let hear = () => {};

/** Starts the thread that reads, so that it is there when a file is chosen. */
export function prepare() {
  if (thread || broken) return;
  const fail = () => {
    broken = true;
    thread = null;
    hear({ ticket: last, broken });
  };
  try {
    thread = new Worker(import.meta.url, { type: "module", name: NAME });
    thread.onmessage = ({ data }) => hear(data);
    thread.onerror = fail;
  } catch {
    fail();
  }
}

/** One reading of a file, from its start. The one before ends. */
export class Parts {
  constructor(file) {
    current?.stop();
    current = this;
    this.file = file;
    this.ticket = last += 1;
    this.come = [];
    this.wake = () => {};
    this.begun = false;
    this.ended = false;
    prepare();
    if (broken) return;
    hear = (said) => {
      if (said.ticket !== this.ticket) return;
      this.come.push(said);
      this.wake();
    };
    thread.postMessage({ ticket: this.ticket, file });
  }

  /** The next part; `undefined` at the end. Fails where the file cannot be read. */
  async next() {
    if (this.ended) return undefined;
    if (broken && !this.begun) return this.here();
    while (this.come.length === 0) await new Promise((resolve) => (this.wake = resolve));
    const said = this.come.shift();
    // The thread never ran: nothing has been read yet.
    if (said.broken && !this.begun) return this.here();
    if (said.failed || said.broken) throw new Error("the file cannot be read");
    this.begun = true;
    this.ended = said.done;
    this.buffer = said.buffer;
    return new Uint8Array(said.buffer, said.start, said.length);
  }

  /** The next part, read in this thread. */
  async here() {
    this.reader ??= this.file.stream().getReader();
    const { value, done } = await this.reader.read();
    this.ended = done;
    return value;
  }

  /** The part that came last has been copied. */
  taken() {
    if (this.reader || !thread || !this.buffer) return;
    const buffer = this.buffer;
    this.buffer = undefined;
    if (!this.ended) thread.postMessage({ ticket: this.ticket, buffer }, [buffer]);
  }

  /** Another file is read instead: whoever waits for a part of this one is told that there will be none. */
  stop() {
    this.come = [{ failed: true }];
    this.wake();
  }

  /** No more parts are wanted. */
  close() {
    this.reader?.cancel().catch(() => {});
    if (!this.ended && thread && this.ticket === last) thread.postMessage({ ticket: (last += 1), file: null });
    this.ended = true;
  }
}
