// Where in a large image the region lies: the whole image small, with a frame that is dragged.

/** `about`: overview (PNG), size and region [height, width]; `moved` is called with row and column of the first pixel. */
function regionMap(about, moved) {
  const [height, width] = about.size, [high, wide] = about.region;
  const share = (part, whole) => `${(100 * part) / whole}%`;
  const frame = element("div", { class: "opsef-frame", style: `width: ${share(wide, width)}; height: ${share(high, height)}` });
  const picture = element("canvas", { "aria-hidden": "true" });
  const box = element("div", {
    class: "opsef-map", tabindex: 0, role: "group", "aria-label": "Region", title: "Drag the frame, or move it with the arrows",
    style: `aspect-ratio: ${width} / ${height}; width: min(100%, ${(160 * width) / height}px)`,
  }, picture, frame);
  let now = [0, 0];
  const held = (value, most) => Math.min(Math.max(Math.round(value), 0), most);
  const show = ([row, column]) => {
    now = [row, column];
    frame.style.left = share(column, width);
    frame.style.top = share(row, height);
  };
  const move = (row, column) => {
    const to = [held(row, height - high), held(column, width - wide)];
    if (to[0] === now[0] && to[1] === now[1]) return;
    show(to);
    moved(to);
  };
  const follow = (event) => {
    const seen = box.getBoundingClientRect();
    move(((event.clientY - seen.top) / seen.height) * height - high / 2, ((event.clientX - seen.left) / seen.width) * width - wide / 2);
  };
  let dragging = false;
  box.addEventListener("pointerdown", (event) => {
    dragging = true;
    try { box.setPointerCapture(event.pointerId); } catch { /* a pointer that has gone already */ }
    follow(event);
  });
  box.addEventListener("pointermove", (event) => dragging && follow(event));
  for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, () => { dragging = false; });
  box.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    move(now[0] + (by[0] * high) / 8, now[1] + (by[1] * wide) / 8);
  });
  decodePicture(about.overview).then((small) => {
    Object.assign(picture, { width: small.width, height: small.height });
    picture.getContext("2d").drawImage(small, 0, 0);
  }, () => {});
  return { box, show };
}
