// Outlines of objects as paths, sharp at every zoom.

const TILE_PX = 256; // contours that lie near each other share a path, so that what is out of sight is not drawn

/**
 * The outlines of all objects, as [{path, left, top, right, bottom}].
 *
 * An outline runs through the middles of the pixel edges between an object and what is not it, so it never leaves the
 * border by more than half a pixel and has no stairs. Pixels that touch at corners only are apart. Holes have outlines.
 */
function contours({ ids, width, height }) {
  const seen = new Uint8Array(ids.length); // top edges that belong to an outline that is drawn already
  const tiles = new Map();
  const across = Math.ceil(width / TILE_PX) || 1;
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at];
    if (!id || seen[at] || (at >= width && ids[at - width] === id)) continue;
    const points = follow(ids, width, height, at, seen);
    const place = Math.floor(Math.floor(at / width) / TILE_PX) * across + Math.floor((at % width) / TILE_PX);
    if (!tiles.has(place)) tiles.set(place, { path: new Path2D(), left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity });
    addLoop(tiles.get(place), points);
  }
  return [...tiles.values()];
}

/** Go round an object with its pixels on the right, from the top edge of the pixel `start`; [x, y, x, y, ...]. */
function follow(ids, width, height, start, seen) {
  const id = ids[start];
  const is = (x, y) => x >= 0 && y >= 0 && x < width && y < height && ids[y * width + x] === id;
  const points = [];
  let x = start % width, y = (start - x) / width, way = 0; // 0 east on the top edge, 1 south, 2 west, 3 north
  const firstX = x, firstY = y;
  do {
    if (way === 0) seen[y * width + x] = 1;
    addPoint(points, x + (way === 1 ? 1 : way === 3 ? 0 : 0.5), y + (way === 2 ? 1 : way === 0 ? 0 : 0.5));
    const forwardX = [1, 0, -1, 0][way], forwardY = [0, 1, 0, -1][way];
    const leftX = forwardY, leftY = -forwardX;
    if (!is(x + forwardX, y + forwardY)) way = (way + 1) % 4;
    else if (!is(x + forwardX + leftX, y + forwardY + leftY)) { x += forwardX; y += forwardY; }
    else { x += forwardX + leftX; y += forwardY + leftY; way = (way + 3) % 4; }
  } while (x !== firstX || y !== firstY || way !== 0);
  return points;
}

/** Append a point; of points on one line only the ends stay. */
function addPoint(points, x, y) {
  const n = points.length;
  if (n >= 4) {
    const bx = points[n - 2], by = points[n - 1];
    if ((bx - points[n - 4]) * (y - by) === (by - points[n - 3]) * (x - bx)) {
      points[n - 2] = x;
      points[n - 1] = y;
      return;
    }
  }
  points.push(x, y);
}

function addLoop(tile, points) {
  tile.path.moveTo(points[0], points[1]);
  for (let i = 0; i < points.length; i += 2) {
    if (i) tile.path.lineTo(points[i], points[i + 1]);
    tile.left = Math.min(tile.left, points[i]); tile.right = Math.max(tile.right, points[i]);
    tile.top = Math.min(tile.top, points[i + 1]); tile.bottom = Math.max(tile.bottom, points[i + 1]);
  }
  tile.path.closePath();
}

/** All objects filled, each in a colour of its own, as a canvas of one pixel an image pixel. */
function filled({ ids, width, height }) {
  const canvas = element("canvas", { width, height });
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(width, height);
  const words = new Uint32Array(pixels.data.buffer); // alpha, blue, green, red from the high byte on
  const colours = new Map();
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at];
    if (!id) continue;
    if (!colours.has(id)) colours.set(id, colourOf(id));
    words[at] = colours.get(id);
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

/** Neighbours in number are far apart in hue: the golden angle. */
function colourOf(id) {
  const hue = (id * 137.508) % 360, light = [0.55, 0.66, 0.48][id % 3];
  const part = (n) => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (light - 0.9 * Math.min(light, 1 - light) * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return ((255 << 24) | (part(4) << 16) | (part(8) << 8) | part(0)) >>> 0;
}
