// A file of another encoding as UTF-8: in a blob, which the browser keeps out of memory when it is large.
const PIECE = 1 << 23;

export const transcode = async (file, label) => {
  const decoder = new TextDecoder(label);
  const encoder = new TextEncoder();
  let text = new Blob([]);
  let parts = [];
  let waiting = 0;
  const take = (decoded) => {
    // Bytes that mean nothing become one that UTF-8 never has: the row that they are in is told.
    decoded.split("\uFFFD").forEach((piece, at) => {
      if (at > 0) parts.push(Uint8Array.of(0xff));
      parts.push(encoder.encode(piece));
      waiting += piece.length;
    });
    if (waiting > PIECE) {
      text = new Blob([text, ...parts]);
      parts = [];
      waiting = 0;
    }
  };
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    take(decoder.decode(value, { stream: true }));
  }
  take(decoder.decode());
  return new File([text, ...parts], file.name);
};
