// Contrast: which grey value is black, which is white, and the bend between.

/** The picture with other levels, as a canvas; the picture itself where nothing is changed. */
function levelled(picture, { black, white, gamma }) {
  if (black === 0 && white === 255 && gamma === 1) return picture;
  const canvas = element("canvas", { width: picture.width, height: picture.height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const table = Uint8Array.from({ length: 256 }, (_, v) =>
    255 * Math.min(Math.max((v - black) / Math.max(white - black, 1), 0), 1) ** (1 / gamma) + 0.5);
  for (let at = 0; at < pixels.data.length; at += 4) {
    for (let c = at; c < at + 3; c++) pixels.data[c] = table[pixels.data[c]];
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

/** The levels between which 0.5 % and 99.8 % of a part of a picture lie; `part` is left, top, right, bottom. */
function stretched(picture, [left, top, right, bottom]) {
  const x = Math.max(Math.floor(left), 0), y = Math.max(Math.floor(top), 0);
  const width = Math.min(Math.ceil(right), picture.width) - x, height = Math.min(Math.ceil(bottom), picture.height) - y;
  if (width < 1 || height < 1) return { black: 0, white: 255 };
  const canvas = element("canvas", { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, -x, -y);
  const counts = new Float64Array(256);
  const { data } = context.getImageData(0, 0, width, height);
  for (let at = 0; at < data.length; at++) if (at % 4 !== 3) counts[data[at]]++;
  const total = width * height * 3;
  const level = (share) => {
    let sum = 0;
    return counts.findIndex((count) => (sum += count) >= share * total);
  };
  const black = Math.min(level(0.005), 254);
  return { black, white: Math.max(level(0.998), black + 1) };
}

/** Three sliders and a button; `changed` is called with the new levels, `auto` gives levels for what is seen. */
function levelControls(changed, auto) {
  const now = { black: 0, white: 255, gamma: 1 };
  const slider = (name, label, least, most, step) => element("input", {
    type: "range", min: least, max: most, step, "aria-label": label, title: `${label} (double-click: as it was)`,
    oninput: (event) => set({ [name]: +event.target.value }),
    ondblclick: () => set({ [name]: { black: 0, white: 255, gamma: 1 }[name] }),
  });
  const sliders = {
    black: slider("black", "Black level", 0, 254, 1),
    white: slider("white", "White level", 1, 255, 1),
    gamma: slider("gamma", "Gamma", 0.3, 3, 0.05),
  };
  const set = (some) => {
    Object.assign(now, some);
    if (now.white <= now.black) "black" in some ? (now.white = now.black + 1) : (now.black = now.white - 1);
    for (const [name, one] of Object.entries(sliders)) one.value = now[name];
    changed(now);
  };
  for (const [name, one] of Object.entries(sliders)) one.value = now[name];
  const reset = () => set({ black: 0, white: 255, gamma: 1 });
  const stretch = () => set(auto());
  const box = element("div", { class: "opsef-levels", role: "group", "aria-label": "Contrast" },
    ...Object.entries(sliders).map(([name, one]) => element("label", {}, element("span", { text: name }), one)),
    element("button", { type: "button", class: "opsef-toggle", text: "Auto", title: "Stretch the contrast to what is seen (a)", onclick: stretch }),
    element("button", { type: "button", class: "opsef-toggle", text: "Reset", title: "The contrast as it was (r)", onclick: reset }));
  return { box, now, set, reset, stretch };
}
