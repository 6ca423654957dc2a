// One panel drawn: picture, objects, truth, scale bar.

const PIXELS_FROM = 3; // screen pixels an image pixel, from which on pixels are shown as squares

/** Give a canvas the size of its panel in device pixels. */
function fitCanvas(canvas, view, ratio) {
  const width = Math.max(Math.round(view.panel.width * ratio), 1), height = Math.max(Math.round(view.panel.height * ratio), 1);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.style.width = `${view.panel.width}px`;
  canvas.style.height = `${view.panel.height}px`;
}

/**
 * Draw a panel.
 *
 * scene: {picture, step, width, height, um, found, truth, outlines ("outline" | "fill" | "off"), colours, pointer}; layers
 * as `Layer` makes them, or null. The picture has one pixel for `step` pixels of the image.
 */
function paint(canvas, view, scene) {
  const ratio = window.devicePixelRatio || 1;
  fitCanvas(canvas, view, ratio);
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (!scene.picture) return;
  view.apply(context, ratio);
  context.scale(scene.step, scene.step); // from here on in pixels of the picture
  context.imageSmoothingEnabled = view.scale * scene.step < PIXELS_FROM;
  context.imageSmoothingQuality = "high";
  context.drawImage(scene.picture, 0, 0);
  const pixel = 1 / (view.scale * scene.step); // a screen pixel
  if (scene.found && scene.outlines === "fill") {
    context.imageSmoothingEnabled = false;
    context.globalAlpha = 0.5;
    context.drawImage(scene.found.filled, 0, 0);
    context.globalAlpha = 1;
    stroke(context, scene.found, view.window.map((n) => n / scene.step), "rgba(0, 0, 0, 0.55)", pixel, 0);
  }
  const seen = view.window.map((n) => n / scene.step);
  const thin = Math.min(Math.max(view.scale * scene.step * 0.9, 1), 2); // a small picture has thin lines
  const both = scene.truth && scene.found && scene.outlines === "outline";
  // Truth lies below: what is seen of it is where the result differs. Zoomed in it is broader, and both are seen.
  const rim = view.scale * scene.step > 0.6 ? pixel : 0; // in an overview of many small objects rims hide the image
  const broader = both ? 1.8 * Math.min(Math.max((view.scale - 1.5) / 3, 0), 1) : 0;
  if (scene.truth) stroke(context, scene.truth, seen, scene.colours.true, (thin + broader) * pixel, rim);
  if (scene.found && scene.outlines === "outline") stroke(context, scene.found, seen, scene.colours.found, thin * pixel, both ? 0 : rim);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  scaleBar(context, view, scene.um);
  if (scene.pointer) cross(context, ...scene.pointer);
}

/** Outlines that are in sight, with a dark rim so that they are seen on any background. */
function stroke(context, layer, [left, top, right, bottom], colour, width, rim) {
  context.lineJoin = "round";
  const near = layer.contours.filter((c) => c.right >= left && c.left <= right && c.bottom >= top && c.top <= bottom);
  for (const [style, wide] of rim ? [["rgba(0, 0, 0, 0.5)", width + 1.6 * rim], [colour, width]] : [[colour, width]]) {
    context.strokeStyle = style;
    context.lineWidth = wide;
    for (const one of near) context.stroke(one.path);
  }
}

/** A bar of a round length, about a sixth of the panel. */
function scaleBar(context, view, um) {
  const perUnit = view.scale / (um || 1); // screen pixels a micrometre, or an image pixel where its size is not known
  const most = Math.min(view.panel.width / 5, 140) / perUnit;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = power * ([5, 2, 1].find((n) => n * power <= most) || 1);
  const wide = length * perUnit, x = 14, y = view.panel.height - 14;
  if (!(wide >= 8)) return;
  const text = um ? (length >= 1000 ? `${length / 1000} mm` : `${+length.toPrecision(2)} µm`) : `${+length.toPrecision(2)} px`;
  context.font = "11px system-ui, sans-serif";
  context.lineCap = "butt";
  for (const [colour, width] of [["rgba(0, 0, 0, 0.65)", 4], ["rgba(255, 255, 255, 0.92)", 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(x - (width - 2) / 2, y);
    context.lineTo(x + wide + (width - 2) / 2, y);
    context.stroke();
  }
  context.lineWidth = 3;
  context.strokeStyle = "rgba(0, 0, 0, 0.65)";
  context.strokeText(text, x, y - 6);
  context.fillStyle = "rgba(255, 255, 255, 0.92)";
  context.fillText(text, x, y - 6);
}

/** The place that is pointed at in another panel. */
function cross(context, x, y) {
  for (const [colour, width] of [["rgba(0, 0, 0, 0.6)", 3], ["rgba(255, 255, 255, 0.95)", 1]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(x + 4 * dx, y + 4 * dy);
      context.lineTo(x + 11 * dx, y + 11 * dy);
    }
    context.stroke();
  }
}

/** The objects of a result or of the truth; outlines and fillings are made when they are first drawn. */
class Layer {
  constructor(decoded) {
    this.decoded = decoded;
    this.weight = 10 * decoded.ids.length;
  }

  get contours() {
    return (this.paths ||= contours(this.decoded));
  }

  get filled() {
    return (this.area ||= filled(this.decoded));
  }

  /** The id at a place in pixels of the picture; 0 for none. */
  at(x, y) {
    const { ids, width, height } = this.decoded;
    return x >= 0 && y >= 0 && x < width && y < height ? ids[Math.floor(y) * width + Math.floor(x)] : 0;
  }
}
