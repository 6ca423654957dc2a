// The annotator's picture: image, objects by class, the object under the mouse, the suggestion, and the line being drawn.

/**
 * What does not move with the mouse, drawn beforehand: picture and objects. After an edit only the part is drawn anew in which
 * something changed (`ids.dirty`), after zooming all of it.
 */
class Still {
  constructor() {
    this.canvas = element("canvas");
    this.backdrop = element("canvas"); // the picture alone
    this.shown = {};
  }

  /** The canvas for this view. */
  at(view, one, { outlines, colourOfClass, names }) {
    const ratio = window.devicePixelRatio || 1, { x, y, scale } = view, { width, height } = view.panel;
    const wanted = { x, y, scale, width, height, ratio, picture: one.picture };
    const drawn = { ids: one.ids, outlines, names: String(names), fill: one.fillOf };
    const same = (some) => Object.entries(some).every(([key, value]) => this.shown[key] === value);
    if (!same(wanted)) {
      paint(this.backdrop, view, { picture: one.picture, step: 1, um: one.um, outlines: "off" });
      fitCanvas(this.canvas, view, ratio);
      this.shown = { ...wanted };
    }
    const part = same(drawn) ? one.ids.dirty : [-Infinity, -Infinity, Infinity, Infinity];
    Object.assign(this.shown, drawn);
    if (part[2] > part[0]) this.draw(view, one, part, ratio, outlines, colourOfClass);
    one.ids.dirty = noBox();
    return this.canvas;
  }

  draw(view, one, part, ratio, outlines, colourOfClass) {
    const context = this.canvas.getContext("2d"), pixel = 1 / view.scale, [l, t, r, b] = view.window, rim = view.scale > 0.6 ? pixel : 0;
    const seen = [Math.max(part[0] - 3 * pixel - 1, l), Math.max(part[1] - 3 * pixel - 1, t), Math.min(part[2] + 3 * pixel + 1, r), Math.min(part[3] + 3 * pixel + 1, b)];
    if (seen[2] <= seen[0] || seen[3] <= seen[1]) return;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    const corner = (n, from, least) => Math.floor((n - from) * view.scale * ratio) + least;
    context.beginPath();
    context.rect(corner(seen[0], l, 0), corner(seen[1], t, 0), corner(seen[2], seen[0], 2), corner(seen[3], seen[1], 2));
    context.clip();
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.backdrop, 0, 0);
    view.apply(context, ratio);
    if (one.fillOf) {
      context.imageSmoothingEnabled = false;
      context.globalAlpha = 0.42;
      context.drawImage(one.fillOf, 0, 0);
      context.globalAlpha = 1;
    }
    const thin = lineOf(view);
    if (outlines !== "off") for (const [name, layer] of one.ids.layers) stroke(context, layer, seen, colourOfClass(name), thin, rim);
    context.restore();
  }
}

const lineOf = (view) => Math.min(Math.max(view.scale * 0.9, 1), 1.8) / view.scale;

/**
 * Draw an image that is annotated.
 *
 * one: {picture, ids, um, fillOf} or null; now: {tool, radius, outlines, pointer, space, draft, trail, shift, colourOfClass, names}.
 */
function paintSheet(canvas, still, view, one, now) {
  const ratio = window.devicePixelRatio || 1, context = canvas.getContext("2d"), pixel = 1 / view.scale;
  fitCanvas(canvas, view, ratio);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  canvas.style.cursor = now.space ? "grab" : ["brush", "erase"].includes(now.tool) && now.pointer ? "none" : "crosshair";
  if (!one) return;
  context.drawImage(still.at(view, one, now), 0, 0);
  view.apply(context, ratio);
  hovered(context, view, one, now, lineOf(view));
  suggested(context, now.draft, pixel);
  if (now.trail) trail(context, now, pixel);
  if (["brush", "erase"].includes(now.tool) && now.pointer && !now.space) ring(context, view.toImage(...now.pointer), now.radius, pixel);
}

/** The object under the mouse is lifted a little. */
function hovered(context, view, one, now, thin) {
  const id = now.pointer && now.draft.state === "none" ? one.ids.at(...view.toImage(...now.pointer)) : 0;
  const object = id ? one.ids.objects.get(id) : null;
  if (!object || !object.path || now.outlines === "off") return;
  const colour = now.colourOfClass(one.ids.classes.get(id));
  context.globalAlpha = 0.22;
  context.fillStyle = now.tool === "delete" ? "#ff5a4d" : colour;
  context.fill(object.path, "evenodd");
  context.globalAlpha = 1;
  context.strokeStyle = now.tool === "delete" ? "#ff5a4d" : colour;
  context.lineWidth = 1.7 * thin;
  context.stroke(object.path);
}

function suggested(context, draft, pixel) {
  if (draft.state !== "there" || !draft.path) {
    if (draft.state === "waiting" && draft.points) marked(context, draft.points, pixel);
    return;
  }
  context.fillStyle = "rgba(255, 255, 255, 0.2)";
  context.fill(draft.path, "evenodd");
  for (const [colour, width, dash] of [["rgba(0, 0, 0, 0.75)", 3.4, []], ["#ffffff", 1.8, [6 * pixel, 4 * pixel]]]) {
    context.setLineDash(dash);
    context.strokeStyle = colour;
    context.lineWidth = width * pixel;
    context.stroke(draft.path);
  }
  context.setLineDash([]);
}

/** What was marked, while the kernel thinks about it. */
function marked(context, points, pixel) {
  if (points.length === 1) return ring(context, points[0], 4 * pixel, pixel);
  context.beginPath();
  if (points.length === 2) context.rect(points[0][0], points[0][1], points[1][0] - points[0][0], points[1][1] - points[0][1]);
  else points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  if (points.length > 2) context.closePath();
  context.setLineDash([3 * pixel, 4 * pixel]);
  context.strokeStyle = "#ffffff";
  context.lineWidth = 1.5 * pixel;
  context.stroke();
  context.setLineDash([]);
}

/** The line that is being drawn. */
function trail(context, now, pixel) {
  if (["brush", "erase", "delete", "class"].includes(now.tool)) return;
  const points = now.trail, last = points[points.length - 1];
  for (const [colour, width] of [["rgba(0, 0, 0, 0.6)", 3.5], ["#ffffff", 1.6]]) {
    context.beginPath();
    if (now.tool === "assist" && now.shift) context.rect(points[0][0], points[0][1], last[0] - points[0][0], last[1] - points[0][1]);
    else points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.lineJoin = context.lineCap = "round";
    context.strokeStyle = colour;
    context.lineWidth = width * pixel;
    context.stroke();
  }
}

function ring(context, [x, y], radius, pixel) {
  for (const [colour, width] of [["rgba(0, 0, 0, 0.7)", 2.8], ["rgba(255, 255, 255, 0.95)", 1.2]]) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.lineWidth = width * pixel;
    context.stroke();
  }
}

/** Fill a box of a canvas anew with the colours of the classes of what lies there. */
function fillBox(canvas, ids, [left, top, right, bottom], colourOfClass) {
  const context = canvas.getContext("2d"), pixels = context.createImageData(right - left, bottom - top);
  const words = new Uint32Array(pixels.data.buffer), colours = new Map();
  for (let y = top, to = 0; y < bottom; y++) {
    for (let x = left, at = y * ids.width + left; x < right; x++, at++, to++) {
      const id = ids.ids[at];
      if (!id) continue;
      if (!colours.has(id)) colours.set(id, wordOf(colourOfClass(ids.classes.get(id)), id));
      words[to] = colours.get(id);
    }
  }
  context.putImageData(pixels, left, top);
}

/** A colour "#rrggbb" as one number, for a canvas; neighbours in number differ a little in light. */
function wordOf(colour, id) {
  const light = [1, 0.82, 0.66][id % 3], part = (at) => Math.round(parseInt(colour.slice(at, at + 2), 16) * light);
  return ((255 << 24) | (part(5) << 16) | (part(3) << 8) | part(1)) >>> 0;
}
