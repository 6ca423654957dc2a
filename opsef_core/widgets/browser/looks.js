// Pictures of values: each with the values that are black and white in it, so that values can be told, and compared.

/** A picture that has come, ready to be drawn and read. */
async function openLook(answer) {
  const picture = await decodePicture(answer.png);
  const canvas = element("canvas", { width: picture.width, height: picture.height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  return { ...answer, png: null, canvas, pixels, scaled: new Map(), weight: 8 * picture.width * picture.height };
}

const levelOf = (levels, channel) => levels[Math.min(channel, levels.length - 1)];

/** The picture with the black and white of another one. */
function onScaleOf(look, other) {
  if (look === other) return look.canvas;
  const key = JSON.stringify([other.black, other.white]);
  if (!look.scaled.has(key)) {
    const canvas = element("canvas", { width: look.canvas.width, height: look.canvas.height });
    const made = new ImageData(canvas.width, canvas.height), from = look.pixels.data;
    const tables = [0, 1, 2].map((c) => Uint8ClampedArray.from({ length: 256 }, (_, byte) => {
      const low = levelOf(other.black, c);
      return (255 * (valueOf(look, c, byte) - low)) / (levelOf(other.white, c) - low);
    }));
    for (let at = 0; at < from.length; at += 4) {
      for (let c = 0; c < 3; c++) made.data[at + c] = tables[c][from[at + c]];
      made.data[at + 3] = 255;
    }
    canvas.getContext("2d").putImageData(made, 0, 0);
    look.scaled.clear(); // one other scale at a time
    look.scaled.set(key, canvas);
  }
  return look.scaled.get(key);
}

/** The value that a byte of the picture stands for. */
function valueOf(look, channel, byte) {
  const black = levelOf(look.black, channel);
  return black + ((levelOf(look.white, channel) - black) * byte) / 255;
}

/** The value at a pixel in words: exact where whole numbers have a byte each, "≈" else, "≥" where the picture is white. */
function valueAt(look, x, y) {
  const at = 4 * (y * look.pixels.width + x), channels = Math.max(look.counts.length, 1);
  return Array.from({ length: channels }, (_, c) => {
    const byte = look.pixels.data[at + c], value = valueOf(look, c, byte);
    if (byte === 0 && look.least < levelOf(look.black, c)) return `≤ ${short(value)}`;
    if (byte === 255 && look.most > levelOf(look.white, c)) return `≥ ${short(value)}`;
    const exact = look.whole && levelOf(look.white, c) - levelOf(look.black, c) < 255;
    return exact ? String(Math.round(value)) : `≈ ${short(value)}`;
  }).join(" / ");
}

/** A number in as many digits as one reads. */
function short(value) {
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(1);
  return String(+value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 3));
}

/** Draw a picture so that its longer side has so many pixels. */
function drawSmall(canvas, picture, side) {
  const scale = side / Math.max(picture.width, picture.height);
  canvas.width = Math.max(Math.round(picture.width * scale), 1);
  canvas.height = Math.max(Math.round(picture.height * scale), 1);
  const context = canvas.getContext("2d");
  Object.assign(context, { imageSmoothingEnabled: scale < 3, imageSmoothingQuality: "high" });
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
}

/** One picture of two on a canvas: left of column x the one before. */
function halves(canvas, before, after, x) {
  Object.assign(canvas, { width: after.width, height: after.height });
  const context = canvas.getContext("2d");
  context.drawImage(after, 0, 0);
  context.beginPath();
  context.rect(0, 0, x, after.height);
  context.clip();
  if (before) context.drawImage(before, 0, 0);
  return canvas;
}

/** The line between before and after, with a grip, at a share of the panel's width. */
function splitLine(canvas, view, share) {
  const context = canvas.getContext("2d"), { width, height } = view.panel, x = share * width;
  for (const [colour, wide] of [["rgba(0, 0, 0, 0.55)", 4], ["rgba(255, 255, 255, 0.95)", 1.5]]) {
    Object.assign(context, { strokeStyle: colour, lineWidth: wide });
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height);
    context.stroke();
  }
  context.fillStyle = "rgba(255, 255, 255, 0.95)";
  context.fillRect(x - 4, height / 2 - 16, 8, 32);
}
