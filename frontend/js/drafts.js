// Keeps bytes in this browser's database, by a key.
const database = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open("rollcall", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("drafts");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const work = async (mode, ask) => {
  const opened = await database();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = opened.transaction("drafts", mode);
      const request = ask(transaction.objectStore("drafts"));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    opened.close();
  }
};

export const read = (key) => work("readonly", (drafts) => drafts.get(key));
export const write = (key, bytes) => work("readwrite", (drafts) => drafts.put(bytes, key));
export const remove = (key) => work("readwrite", (drafts) => drafts.delete(key));
