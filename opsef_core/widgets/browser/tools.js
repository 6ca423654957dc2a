// The tools of the annotator: what a drag of the mouse does.

const TOOLS = [
  { name: "assist", key: "c", label: "Assist", title: "Contour assist: click an object, draw round it, or with shift a box; then q accepts (c)", icon: "M3 13 10 6M8.5 7.5l1 1M11 2v2.4M13.8 5h-2.4M13 3l-1.2 1.2" },
  { name: "draw", key: "d", label: "Draw", title: "Draw the outline of a new object (d)", icon: "M2.5 13.5l1-3.5 7-7 2.5 2.5-7 7zM9 4.5 11.500 7" },
  { name: "brush", key: "b", label: "Brush", title: "Paint; begin inside of an object to enlarge it (b; [ and ] change the size)", icon: "M13.500 2.500 7 9M7 9c-2-.5-3.500 1-3.500 3 0 .8-.6 1.400-1.500 1.500 2.500 1 6 .2 6-2.500 0-.8-.4-1.600-1-2z" },
  { name: "erase", key: "e", label: "Erase", title: "Rub out; begin inside of an object to change only that one (e)", icon: "M6 13 2.500 9.500 9 3l4.500 4.500L8 13zM5.500 6.500 10 11M6 13h7.500" },
  { name: "split", key: "s", label: "Split", title: "Draw a line across an object to divide it (s)", icon: "M6.500 3.200A5 5 0 0 0 6.500 12.800zM9.500 3.200a5 5 0 0 1 0 9.600z" },
  { name: "merge", key: "m", label: "Merge", title: "Draw a line through objects that are one (m)", icon: "M6 4a4 4 0 1 0 2.500 7.100A4 4 0 1 0 10 4a4 4 0 0 0-1.500.9A4 4 0 0 0 6 4z" },
  { name: "delete", key: "x", label: "Delete", title: "Click an object to remove it (x; or point at it and press Delete)", icon: "M3.500 4.500h9M6.500 4.500V3h3v1.500M4.500 4.500l.6 8.500h5.800l.6-8.500M6.800 7v3.500M9.200 7v3.500" },
  { name: "class", key: "k", label: "Class", title: "Click an object to give it the chosen class (k; 1 to 9 choose)", icon: "M2.500 2.500h5l6 6-5 5-6-6zM5.200 5.200h.1" },
];
const CLICK_PX = 4; // screen pixels that a hand may move during a click
const MOST_UNDONE = 300;

function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/**
 * What drags do. `desk` has: `tool`, `ids` (or null), `draft`, `radius`, `className`, `view`, `space` (whether it is held),
 * `edit(act)` (one undoable change), `mark(points)`, `say(text)`, `draw()`. `trail` is the line that is being drawn.
 */
class Hand {
  constructor(desk) {
    this.desk = desk;
    this.trail = null;
    this.target = null;
  }

  begin(place, event) {
    const { desk } = this, { ids, draft, tool } = desk;
    if (!ids || desk.space) return false;
    const point = desk.view.toImage(...place), under = ids.at(...point);
    this.shift = event.shiftKey;
    this.from = this.last = place;
    this.trail = [point];
    if (tool === "brush" || tool === "erase") {
      this.onDraft = draft.state === "there";
      this.target = tool === "erase" ? under : under || null;
      if (!this.onDraft) ids.begin();
      this.paint(point, point);
    }
    desk.say("");
    desk.draw();
    return true;
  }

  move(place) {
    if (!this.trail) return;
    const { desk } = this, point = desk.view.toImage(...place), before = this.trail[this.trail.length - 1];
    if (Math.hypot(place[0] - this.last[0], place[1] - this.last[1]) < 1) return;
    this.last = place;
    if (desk.tool === "brush" || desk.tool === "erase") this.paint(before, point);
    this.trail.push(point);
    desk.draw();
  }

  end(place) {
    if (!this.trail) return;
    const { desk, trail, from } = this, { ids, draft, tool } = desk;
    this.move(place);
    const far = lengthOf(trail) * desk.view.scale, isClick = far < CLICK_PX, [x, y] = trail[0];
    this.trail = null;
    if (tool === "brush" || tool === "erase") {
      if (this.onDraft) draft.area ? draft.changed() : draft.clear();
      else desk.done();
    } else if (tool === "assist") {
      const box = this.shift && Math.hypot(this.last[0] - from[0], this.last[1] - from[1]) > CLICK_PX;
      desk.mark(isClick ? [[x, y]] : box ? [trail[0], trail[trail.length - 1]] : trail);
    } else if (tool === "draw") {
      desk.edit(() => {
        let id = 0, n = 0;
        fillPolygon(trail, ids.width, ids.height, (px, py) => { if (!ids.at(px, py)) { ids.set(px, py, (id ||= ids.fresh(desk.className))); n++; } });
        if (!n) desk.say(isClick ? "Keep the button down and draw round an object." : "Nothing was free inside of this line.");
      });
    } else if (tool === "split") {
      desk.edit(() => { if (!ids.split(trail).length) desk.say("The line must cross an object from side to side."); });
    } else if (tool === "merge") {
      const some = ids.along(trail);
      if (some.length < 2) desk.say("Draw a line from one object into another to make them one.");
      else desk.edit(() => ids.merge(some));
    } else {
      const id = ids.at(x, y);
      if (!id) desk.say("There is no object here.");
      else desk.edit(() => (tool === "delete" ? ids.delete(id) : ids.name(id, desk.className)));
    }
    desk.draw();
  }

  cancel() {
    if (this.trail && !this.onDraft && this.desk.ids.change) this.desk.done();
    this.trail = null;
    this.desk.draw();
  }

  /** A stroke of brush or eraser, in the image or in what is suggested; never over another object. */
  paint(from, to) {
    const { desk } = this, { ids, draft } = desk, erases = desk.tool === "erase";
    fillStroke(from, to, desk.radius, ids.width, ids.height, (x, y) => {
      const id = ids.at(x, y);
      if (this.onDraft) { if (erases || !id) draft.put(x, y, erases ? 0 : 1); }
      else if (erases) { if (id && (!this.target || id === this.target)) ids.set(x, y, 0); }
      else if (!id) ids.set(x, y, (this.target ||= ids.fresh(desk.className)));
    });
    if (this.onDraft) draft.trace();
    else ids.refresh();
  }
}

/** What was done to an image, to be taken back and done again. */
class Past {
  constructor() {
    this.done = [];
    this.undone = [];
  }

  add(change) {
    this.done.push(change);
    if (this.done.length > MOST_UNDONE) this.done.shift();
    this.undone = [];
  }

  /** The side to apply for going back (or forth, if `again`); null if there is none. */
  take(again) {
    const change = (again ? this.undone : this.done).pop();
    if (!change) return null;
    (again ? this.done : this.undone).push(change);
    return again ? change.forward : change.back;
  }
}

/** Seconds of work on an image; a pause counts as at most half a minute. */
class Clock {
  constructor() {
    this.start();
  }

  start() {
    this.sum = 0;
    this.last = performance.now();
  }

  tick() {
    const now = performance.now();
    this.sum += Math.min(now - this.last, 30000) / 1000;
    this.last = now;
  }
}
