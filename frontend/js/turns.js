// Turns of a thread's tasks.

/** Settled when the tasks that wait have had their turn. */
export function giveWay() {
  if (globalThis.scheduler?.postTask) return scheduler.postTask(() => {});
  // A timer that was set by a timer waits four milliseconds at least; a message waits for another thread alone.
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
