// Contour assist: what was marked, the contour that the kernel suggests, and what a person does with it.

const ASK_AGAIN_MS = 350; // while the model still looks at the image

/**
 * One suggestion at a time.
 *
 * `points` is what was marked ([x, y], one to many); `bits` and `box` the suggested pixels, which the brush may change; `path`
 * their outline. `state` is "none", "waiting", "there" or "problem" (with `text`). `changed()` is called when it changes.
 */
class Draft {
  constructor(model, methods, changed) {
    Object.assign(this, { model, methods, changed, method: methods[0].name, inverted: false, number: 0 });
    this.thresholds = new Map(methods.map(({ name, threshold }) => [name, threshold]));
    this.clear();
  }

  get chosen() {
    return this.methods.find(({ name }) => name === this.method);
  }

  get threshold() {
    return this.thresholds.get(this.method);
  }

  clear() {
    clearTimeout(this.timer);
    this.number++;
    Object.assign(this, { state: "none", text: "", points: null, bits: null, box: null, path: null, area: 0, score: null, inverted: false });
    this.changed?.();
  }

  /** Mark an object; the kernel is asked for its contour. */
  mark(image, points, size) {
    const { method } = this;
    this.clear();
    Object.assign(this, { image, points, size, method });
    this.ask();
  }

  ask() {
    if (!this.points) return;
    clearTimeout(this.timer);
    this.number++;
    this.since = performance.now();
    this.state = this.path ? "there" : "waiting";
    this.text = "Looking …";
    this.send();
  }

  send() {
    const { image, number, method, points, threshold } = this;
    const inverted = this.chosen.inverts ? this.inverted : null;
    if (!tell(this.model, { kind: "suggest", image, number, method, points, threshold, inverted })) this.fail("The kernel does not answer; draw the object by hand.");
    else this.timer = setTimeout(() => { if (this.state === "waiting") this.fail(`${NO_ANSWER} Draw the object by hand.`); }, 4 * PATIENCE_MS);
    this.changed();
  }

  fail(text) {
    const { points, number } = this;
    this.clear();
    Object.assign(this, { state: "problem", text, points, number });
    this.changed();
  }

  /** An answer of the kernel; whether it was for what is asked now. */
  take(answer) {
    if (answer.number !== this.number || !this.points) return false;
    clearTimeout(this.timer);
    if (answer.kind === "wait") {
      this.text = "The model looks at the image for the first time …";
      this.timer = setTimeout(() => this.send(), ASK_AGAIN_MS);
    } else if (answer.kind === "problem") {
      this.fail(answer.text);
    } else {
      const { width, height } = this.size;
      this.bits = new Uint8Array(width * height);
      this.box = noBox();
      eachOf(answer.patch, (x, y, on) => { if (on) this.put(x, y, 1); });
      Object.assign(this, { state: "there", text: "", score: answer.score, took: performance.now() - this.since });
      this.trace();
    }
    this.changed();
    return true;
  }

  put(x, y, on) {
    this.bits[y * this.size.width + x] = on;
    if (on) stretch(this.box, x, y);
  }

  trace() {
    const { width, height } = this.size, [left, top, right, bottom] = this.box;
    const seen = new Uint8Array(width * height), outline = { path: new Path2D() };
    this.area = 0;
    for (let y = top; y < bottom; y++) for (let x = left, at = y * width + left; x < right; x++, at++) {
      if (!this.bits[at]) continue;
      this.area++;
      if (!seen[at] && !(y && this.bits[at - width])) addLoop(outline, follow(this.bits, width, height, at, seen));
    }
    this.path = outline.path;
  }

  /** Another method or threshold for what is marked. */
  set({ method = this.method, threshold = null, inverted = this.inverted }) {
    this.method = method;
    this.inverted = inverted;
    if (threshold !== null) this.thresholds.set(method, threshold);
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.ask(), threshold === null ? 0 : 60);
    this.changed();
  }

  /** Let the active contour work on the suggestion. */
  tighten() {
    if (this.state !== "there") return;
    const { width, height } = this.size, seen = new Uint8Array(width * height), [left, top, right, bottom] = this.box;
    let longest = [];
    for (let y = top; y < bottom; y++) for (let x = left, at = y * width + left; x < right; x++, at++) {
      if (!this.bits[at] || seen[at] || (y && this.bits[at - width])) continue;
      const points = follow(this.bits, width, height, at, seen);
      if (points.length > longest.length) longest = points;
    }
    this.points = Array.from({ length: longest.length / 2 }, (_, i) => [longest[2 * i], longest[2 * i + 1]]);
    this.set({ method: "active_contour" });
  }

  /** Put what is suggested into the image, over background only; the id of the new object, 0 if nothing was left. */
  accept(ids, name) {
    const [left, top, right, bottom] = this.box, { width } = this.size;
    let id = 0;
    for (let y = top; y < bottom; y++) for (let x = left, at = y * width + left; x < right; x++, at++) {
      if (this.bits[at] && !ids.ids[at]) ids.set(x, y, (id ||= ids.fresh(name)));
    }
    this.clear();
    return id;
  }
}
