// What the kernel sends: pictures as PNG, ids as packed runs.

/** The bytes of a buffer, whatever the notebook hands over (DataView, ArrayBuffer, typed array). */
function bytesOf(buffer) {
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer) : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** An answer with its buffers under the names that it lists. */
function withBuffers(message, buffers) {
  const whole = { ...message };
  (message.buffers || []).forEach((name, place) => { whole[name] = buffers[place]; });
  return whole;
}

/** A PNG as something that can be drawn. */
async function decodePicture(buffer) {
  return createImageBitmap(new Blob([bytesOf(buffer)], { type: "image/png" }), { colorSpaceConversion: "none" });
}

/** Packed ids as {ids, width, height}: pairs (id, how many in a row), int32 little-endian, zlib. */
async function decodeIds(buffer, width, height) {
  const stream = new Blob([bytesOf(buffer)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const pairs = new DataView(await new Response(stream).arrayBuffer());
  const ids = new Int32Array(width * height);
  let at = 0;
  for (let byte = 0; byte + 8 <= pairs.byteLength; byte += 8) {
    const id = pairs.getInt32(byte, true), count = pairs.getInt32(byte + 4, true);
    if (id) ids.fill(id, at, at + count);
    at += count;
  }
  return { ids, width, height };
}
