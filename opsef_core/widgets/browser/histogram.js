// Histograms of values, before and after; counts as logarithms, since most pixels are ground.

const TINTS = { red: "#ff7b6b", green: "#6fd58a", blue: "#6aa8ff" };
const OTHERS = ["#ff7b6b", "#6fd58a", "#6aa8ff"];

/** The axes of two looks: one for both where their ranges are alike, else each its own. */
function histogramAxes(before, after) {
  const spans = [before, after].map((look) => look.most - look.least);
  const low = Math.min(before.least, after.least), high = Math.max(before.most, after.most);
  const alike = Math.min(...spans) > 0 && high - low < 1.6 * Math.max(...spans) && Math.max(...spans) < 8 * Math.min(...spans);
  return alike ? [[low, high], [low, high]] : [[before.least, before.most], [after.least, after.most]];
}

/** Draw the counts of a look on an axis from low to high; what is black and white in the picture is marked below. */
function drawHistogram(canvas, look, [low, high]) {
  const ratio = window.devicePixelRatio || 1, wide = canvas.clientWidth || 240, height = 54;
  canvas.width = Math.round(wide * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const span = high > low ? high - low : 1; // of the axis
  const place = (value) => Math.min(Math.max((wide * (value - low)) / span, 0), wide);
  const most = Math.log1p(Math.max(...look.counts.flat(), 1)), base = height - 4;
  look.counts.forEach((counts, channel) => {
    const [first, width] = look.bins, edge = (at) => place(first + at * width);
    const tint = look.counts.length === 1 ? "#aeb4bb" : TINTS[look.channels[channel]] || OTHERS[channel];
    context.beginPath();
    context.moveTo(edge(0), base);
    counts.forEach((n, at) => {
      const y = base - ((base - 3) * Math.log1p(n)) / most;
      context.lineTo(edge(at), y);
      context.lineTo(Math.max(edge(at + 1), edge(at) + 1), y);
    });
    context.lineTo(edge(counts.length), base);
    context.globalAlpha = look.counts.length === 1 ? 0.85 : 0.28;
    context.fillStyle = tint;
    context.fill();
    context.globalAlpha = 1;
    if (look.counts.length > 1) {
      context.strokeStyle = tint;
      context.stroke();
    }
  });
  context.fillStyle = "#4a4e54";
  context.fillRect(0, base, wide, 1);
  context.fillStyle = "#6cb6d9";
  for (const value of [Math.min(...look.black), Math.max(...look.white)]) context.fillRect(Math.min(Math.max(place(value) - 1, 0), wide - 2), base, 2, 4);
}

/** A histogram with its name and the ends of its axis. */
function histogramBox() {
  const name = element("span"), canvas = element("canvas", { role: "img" }), low = element("span"), high = element("span");
  const box = element("div", { class: "opsef-histogram" }, name, canvas, element("div", { class: "opsef-ends" }, low, high));
  const show = (title, look, axis) => {
    name.textContent = title;
    low.textContent = short(axis[0]);
    high.textContent = short(axis[1]);
    canvas.setAttribute("aria-label", `Histogram, ${title}: values from ${short(look.least)} to ${short(look.most)}`);
    drawHistogram(canvas, look, axis);
  };
  return { box, show };
}
