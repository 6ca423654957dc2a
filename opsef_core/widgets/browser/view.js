// Where one looks: one centre and one zoom for all panels.

const LARGEST = 48; // screen pixels an image pixel

/** Centre (x, y) in image pixels and scale in screen pixels an image pixel, of panels of one size. */
class View {
  constructor(changed) {
    this.changed = changed;
    this.image = { width: 1, height: 1 };
    this.panel = { width: 1, height: 1 };
    this.fit();
  }

  /** The scale at which all of the image is seen. */
  get whole() {
    return Math.min(this.panel.width / this.image.width, this.panel.height / this.image.height);
  }

  fit() {
    this.x = this.image.width / 2;
    this.y = this.image.height / 2;
    this.scale = this.whole;
    this.fitted = true;
    this.changed();
  }

  /** Another image: seen whole, unless it has the size of the last one. */
  show(width, height) {
    const same = width === this.image.width && height === this.image.height;
    this.image = { width, height };
    if (!same) this.fit();
  }

  resize(width, height) {
    if (width === this.panel.width && height === this.panel.height) return;
    this.panel = { width, height };
    if (this.fitted) this.fit();
    else this.settle();
  }

  /** Zoom by a factor; what lies under the point (px, py) of the panel stays there. */
  zoom(factor, px = this.panel.width / 2, py = this.panel.height / 2) {
    const [x, y] = this.toImage(px, py);
    this.scale = Math.min(Math.max(this.scale * factor, this.whole), Math.max(LARGEST, this.whole));
    this.x = x - (px - this.panel.width / 2) / this.scale;
    this.y = y - (py - this.panel.height / 2) / this.scale;
    this.settle();
  }

  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.settle();
  }

  /** Keep the image in the panel. */
  settle() {
    this.fitted = this.scale <= this.whole * 1.001;
    this.x = held(this.x, this.image.width, this.panel.width / this.scale);
    this.y = held(this.y, this.image.height, this.panel.height / this.scale);
    this.changed();
  }

  toImage(px, py) {
    return [this.x + (px - this.panel.width / 2) / this.scale, this.y + (py - this.panel.height / 2) / this.scale];
  }

  /** Left, top, right, bottom of what is seen, in image pixels. */
  get window() {
    return [...this.toImage(0, 0), ...this.toImage(this.panel.width, this.panel.height)];
  }

  /** Image pixels -> screen pixels, for a canvas of `ratio` device pixels a screen pixel. */
  apply(context, ratio) {
    const s = this.scale * ratio;
    context.setTransform(s, 0, 0, s, (this.panel.width * ratio) / 2 - this.x * s, (this.panel.height * ratio) / 2 - this.y * s);
  }
}

/** A centre such that no more than needed lies outside of the image. */
function held(centre, size, seen) {
  return seen >= size ? size / 2 : Math.min(Math.max(centre, seen / 2), size - seen / 2);
}

/** Show for a moment that the wheel belongs to the page until the widget is clicked. */
function hint(root) {
  clearTimeout(root.opsefHint);
  root.classList.add("opsef-hint");
  root.opsefHint = setTimeout(() => root.classList.remove("opsef-hint"), 1600);
}

/**
 * Mouse on a panel: wheel zooms, dragging pans, double-click shows all, moving points.
 *
 * The wheel belongs to the page until the widget has been clicked; with ctrl it always zooms. A `hand` {begin, move, end, cancel}
 * takes what is dragged with the main button, if its `begin` says so; then only the other buttons pan.
 */
function handle(canvas, view, root, { pointed, hand = null }) {
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !root.contains(document.activeElement) && !root.contains(root.getRootNode().activeElement)) return hint(root);
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    view.zoom(Math.exp(-Math.max(-120, Math.min(120, event.deltaY * lines)) * 0.0022), ...place(event));
  }, { passive: false });
  let last = null, drawing = false;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button && !hand) return;
    root.focus({ preventScroll: true });
    if (drawing) return;
    last = place(event);
    try { canvas.setPointerCapture(event.pointerId); } catch { /* a pointer that has gone already */ }
    drawing = Boolean(hand) && !event.button && hand.begin(last, event);
    if (!drawing) canvas.classList.add("opsef-held");
    if (hand) event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    const now = place(event);
    if (drawing) for (const one of event.getCoalescedEvents?.() || []) hand.move(place(one), one);
    if (drawing) hand.move(now, event);
    else if (last) view.pan(now[0] - last[0], now[1] - last[1]);
    if (last) last = now;
    pointed(now);
  });
  const release = (event) => {
    if (drawing) event.type === "pointerup" ? hand.end(place(event), event) : hand.cancel();
    drawing = false;
    last = null;
    canvas.classList.remove("opsef-held");
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => pointed(null));
  if (hand) canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  else canvas.addEventListener("dblclick", () => view.fit());
}
