// Which pixels a stroke, a line or a closed contour covers. Points are [x, y] in image pixels; pixel (x, y) reaches to (x + 1, y + 1).

/** Call `act(x, y)` for every pixel whose middle lies inside of a closed contour (even-odd), as far as the image reaches. */
function fillPolygon(points, width, height, act) {
  const top = Math.max(Math.floor(Math.min(...points.map((p) => p[1]))), 0);
  const bottom = Math.min(Math.ceil(Math.max(...points.map((p) => p[1]))), height);
  for (let y = top; y < bottom; y++) {
    const crossings = [];
    for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
      const [x0, y0] = points[j], [x1, y1] = points[i];
      if (y0 > y + 0.5 !== y1 > y + 0.5) crossings.push(x0 + ((y + 0.5 - y0) / (y1 - y0)) * (x1 - x0));
    }
    crossings.sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const right = Math.min(Math.ceil(crossings[i + 1] - 0.5), width);
      for (let x = Math.max(Math.ceil(crossings[i] - 0.5), 0); x < right; x++) act(x, y);
    }
  }
}

/** Call `act(x, y)` for every pixel whose middle is within `radius` of the way from one point to the other. */
function fillStroke([x0, y0], [x1, y1], radius, width, height, act) {
  const dx = x1 - x0, dy = y1 - y0, length = dx * dx + dy * dy, reach = Math.max(radius, 0.5);
  const left = Math.max(Math.floor(Math.min(x0, x1) - reach), 0), right = Math.min(Math.ceil(Math.max(x0, x1) + reach), width);
  const top = Math.max(Math.floor(Math.min(y0, y1) - reach), 0), bottom = Math.min(Math.ceil(Math.max(y0, y1) + reach), height);
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const px = x + 0.5 - x0, py = y + 0.5 - y0;
      const t = length ? Math.min(Math.max((px * dx + py * dy) / length, 0), 1) : 0;
      if ((px - t * dx) ** 2 + (py - t * dy) ** 2 <= reach * reach) act(x, y);
    }
  }
}

/** Call `act(x, y)` for every pixel that a line goes through; neighbours share a side, so nothing slips between them. */
function followLine(points, width, height, act) {
  const put = (x, y) => { if (x >= 0 && y >= 0 && x < width && y < height) act(x, y); };
  points.forEach(([x1, y1], i) => {
    const [x0, y0] = points[Math.max(i - 1, 0)];
    let x = Math.floor(x0), y = Math.floor(y0);
    const endX = Math.floor(x1), endY = Math.floor(y1), dx = Math.abs(x1 - x0), dy = Math.abs(y1 - y0);
    const stepX = x1 > x0 ? 1 : -1, stepY = y1 > y0 ? 1 : -1;
    let nextX = dx ? (stepX > 0 ? x + 1 - x0 : x0 - x) / dx : Infinity;
    let nextY = dy ? (stepY > 0 ? y + 1 - y0 : y0 - y) / dy : Infinity;
    put(x, y);
    for (let left = Math.abs(endX - x) + Math.abs(endY - y); left > 0; left--) {
      if ((nextX < nextY || y === endY) && x !== endX) { x += stepX; nextX += 1 / dx; }
      else { y += stepY; nextY += 1 / dy; }
      put(x, y);
    }
  });
}

/** How far a line goes, in its own units. */
function lengthOf(points) {
  let sum = 0;
  for (let i = 1; i < points.length; i++) sum += Math.hypot(points[i][0] - points[i - 1][0], points[i][1] - points[i - 1][1]);
  return sum;
}

/** A rectangle of ids as a patch: {left, top, width, height, runs: [id, how many in a row, ...]}, row by row. */
function patchOf({ ids, width }, [left, top, right, bottom]) {
  const runs = [];
  for (let y = top; y < bottom; y++) {
    for (let at = y * width + left, end = y * width + right; at < end; at++) {
      if (runs.length && runs[runs.length - 2] === ids[at]) runs[runs.length - 1]++;
      else runs.push(ids[at], 1);
    }
  }
  return { left, top, width: right - left, height: bottom - top, runs };
}

/** Call `act(x, y, id)` for every pixel of a patch. */
function eachOf({ left, top, width, runs }, act) {
  let at = 0;
  for (let i = 0; i < runs.length; i += 2) {
    for (let n = 0; n < runs[i + 1]; n++, at++) act(left + (at % width), top + Math.floor(at / width), runs[i]);
  }
}

/** The smallest box that holds a point and what the box [left, top, right, bottom] holds; changes the box. */
function stretch(box, x, y) {
  if (x < box[0]) box[0] = x;
  if (y < box[1]) box[1] = y;
  if (x >= box[2]) box[2] = x + 1;
  if (y >= box[3]) box[3] = y + 1;
}

const noBox = () => [Infinity, Infinity, -Infinity, -Infinity];
