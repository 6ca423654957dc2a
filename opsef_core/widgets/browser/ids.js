// Objects that are edited: ids, outlines, classes. An edit traces anew the outlines of the objects it touched, no others.

/**
 * The objects of an image.
 *
 * Changes are made between `begin` and `commit`; `commit` gives {forward, back}, each {patches, classes}, or null if nothing
 * changed. `apply` takes one of them. An object is {box, area, path, tile}; `largest` is the largest id there ever was.
 */
class Ids {
  constructor({ ids, width, height }, classes, largest) {
    Object.assign(this, { ids, width, height, largest });
    this.classes = new Map(Object.entries(classes).map(([id, name]) => [+id, name]));
    this.weight = 10 * ids.length;
    this.seen = new Uint8Array(ids.length); // for `follow`; clean between two outlines
    this.dirty = noBox(); // where outlines changed since somebody looked
    this.objects = new Map();
    this.tiles = new Map(); // place -> {ids, groups: class -> {path, left, ...}, or null when it is to be made anew}
    this.across = Math.ceil(width / TILE_PX) || 1;
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at++) if (ids[at]) this.count(ids[at], x, y);
    }
    for (const id of this.objects.keys()) this.trace(id);
    this.change = null;
    this.patched = () => {}; // called with a box when ids in it have changed
  }

  at(x, y) {
    return x >= 0 && y >= 0 && x < this.width && y < this.height ? this.ids[Math.floor(y) * this.width + Math.floor(x)] : 0;
  }

  fresh(name) {
    this.largest += 1;
    if (name) this.classes.set(this.largest, name);
    return this.largest;
  }

  // --- changes ------------------------------------------------------------------------------------------------

  begin() {
    this.change = { old: new Map(), box: noBox(), touched: new Set(), born: new Set(), names: new Map() };
  }

  set(x, y, id) {
    const at = y * this.width + x, was = this.ids[at];
    if (was === id) return;
    const { old, box, touched, born } = this.change;
    if (!old.has(at)) old.set(at, was);
    stretch(box, x, y);
    this.ids[at] = id;
    if (was) {
      touched.add(was);
      this.objects.get(was).area--;
    }
    if (id) {
      touched.add(id);
      if (!this.objects.has(id)) born.add(id);
      this.count(id, x, y);
    }
  }

  name(id, name) {
    if (!this.change.names.has(id)) this.change.names.set(id, this.classes.get(id) ?? null);
    if (name) this.classes.set(id, name);
    else this.classes.delete(id);
    this.change.touched.add(id);
  }

  /** Show what has changed so far, while the hand still moves. */
  refresh() {
    if (!this.change) return;
    const box = [...this.change.box];
    for (const id of this.change.touched) {
      this.trace(id);
      const there = this.objects.get(id);
      if (there) stretch(box, there.box[0], there.box[1]), stretch(box, there.box[2] - 1, there.box[3] - 1);
    }
    if (box[2] > box[0]) this.patched(box);
  }

  commit() {
    const { old, box, touched, born, names } = this.change;
    this.refresh();
    this.change = null;
    const back = { patches: [], classes: {} }, forward = { patches: [], classes: {} };
    if (old.size) {
      const after = patchOf(this, box);
      forward.patches.push(after);
      for (const [at, id] of old) this.ids[at] = id;
      back.patches.push(patchOf(this, box));
      eachOf(after, (x, y, id) => { this.ids[y * this.width + x] = id; });
    }
    for (const id of touched) {
      const was = born.has(id) ? null : names.has(id) ? names.get(id) : this.classes.get(id) ?? null;
      const now = this.objects.has(id) ? this.classes.get(id) ?? null : null;
      if (!this.objects.has(id)) this.classes.delete(id);
      if (now !== was) Object.assign(forward.classes, { [id]: now }), Object.assign(back.classes, { [id]: was });
    }
    return forward.patches.length || Object.keys(forward.classes).length ? { forward, back } : null;
  }

  /** Take one side of a change: undo, redo, or what another view did. */
  apply({ patches, classes }) {
    this.begin();
    for (const patch of patches) eachOf(patch, (x, y, id) => this.set(x, y, id));
    for (const [id, name] of Object.entries(classes)) this.name(+id, name);
    this.largest = Math.max(this.largest, ...this.change.touched);
    this.refresh();
    this.change = null;
  }

  // --- outlines -----------------------------------------------------------------------------------------------

  count(id, x, y) {
    let object = this.objects.get(id);
    if (!object) this.objects.set(id, (object = { box: noBox(), area: 0, path: null, tile: -1 }));
    object.area++;
    stretch(object.box, x, y);
  }

  /** Trace an object anew, within its own box, or forget it if it has no pixel any more. */
  trace(id) {
    const object = this.objects.get(id);
    if (!object) return;
    this.stale(object.tile);
    this.tiles.get(object.tile)?.ids.delete(id);
    if (object.area || object.path) this.spoil(object.box);
    if (!object.area) return void this.objects.delete(id);
    const { ids, width, height } = this, [left, top, right, bottom] = object.box;
    const outline = { path: new Path2D(), left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    const tight = noBox();
    for (let y = top; y < bottom; y++) {
      for (let x = left, at = y * width + left; x < right; x++, at++) {
        if (ids[at] !== id) continue;
        stretch(tight, x, y);
        if (!this.seen[at] && !(y && ids[at - width] === id)) addLoop(outline, follow(ids, width, height, at, this.seen));
      }
    }
    for (let y = top; y < bottom; y++) this.seen.fill(0, y * width + left, y * width + right);
    object.box = tight;
    object.path = outline.path;
    object.tile = Math.floor(tight[1] / TILE_PX) * this.across + Math.floor(tight[0] / TILE_PX);
    if (!this.tiles.has(object.tile)) this.tiles.set(object.tile, { ids: new Set(), groups: null });
    this.tiles.get(object.tile).ids.add(id);
    this.stale(object.tile);
  }

  spoil([left, top, right, bottom]) {
    stretch(this.dirty, left, top);
    stretch(this.dirty, right - 1, bottom - 1);
  }

  stale(tile) {
    if (this.tiles.has(tile)) this.tiles.get(tile).groups = null;
  }

  /** Outlines by class, as `stroke` wants them: Map of name -> {contours}. */
  get layers() {
    const layers = new Map();
    for (const tile of this.tiles.values()) {
      tile.groups ||= this.grouped(tile.ids);
      for (const [name, group] of tile.groups) {
        if (!layers.has(name)) layers.set(name, { contours: [] });
        layers.get(name).contours.push(group);
      }
    }
    return layers;
  }

  grouped(ids) {
    const groups = new Map();
    for (const id of ids) {
      const name = this.classes.get(id) ?? "", { box, path } = this.objects.get(id);
      if (!groups.has(name)) groups.set(name, { path: new Path2D(), left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity });
      const group = groups.get(name);
      group.path.addPath(path);
      group.left = Math.min(group.left, box[0]); group.right = Math.max(group.right, box[2]);
      group.top = Math.min(group.top, box[1]); group.bottom = Math.max(group.bottom, box[3]);
    }
    return groups;
  }

  // --- what a person does with objects ------------------------------------------------------------------------

  delete(id) {
    this.recolour(id, 0);
  }

  recolour(id, other) {
    const [left, top, right, bottom] = this.objects.get(id).box;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) if (this.ids[y * this.width + x] === id) this.set(x, y, other);
    }
  }

  /** All objects a line goes through. */
  along(points) {
    const found = new Set();
    followLine(points, this.width, this.height, (x, y) => found.add(this.ids[y * this.width + x]));
    found.delete(0);
    return [...found];
  }

  /** The objects become one, with the id and class of the largest; its id. */
  merge(ids) {
    const [largest, ...others] = [...ids].sort((a, b) => this.objects.get(b).area - this.objects.get(a).area || a - b);
    for (const id of others) this.recolour(id, largest);
    return largest;
  }

  /** Divide all objects that a line crosses from side to side; the largest part keeps the id. Returns the ids of new objects. */
  split(points) {
    const line = new Set(), fresh = [];
    followLine(points, this.width, this.height, (x, y) => line.add(y * this.width + x));
    for (const id of this.along(points)) fresh.push(...this.splitOne(id, line));
    return fresh;
  }

  splitOne(id, line) {
    const { ids, width, height } = this, [left, top, right, bottom] = this.objects.get(id).box;
    const parts = new Map(), sizes = [0]; // pixel -> number of its part; pixels of a part
    const near = (at, corners, act) => {
      const x = at % width, y = (at - x) / width;
      for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) {
        if ((dx || dy) && (corners || !dx || !dy) && x + dx >= left && x + dx < right && y + dy >= top && y + dy < bottom
          && ids[at + dy * width + dx] === id) act(at + dy * width + dx);
      }
    };
    const cut = [];
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) {
      const from = y * width + x;
      if (ids[from] !== id || parts.has(from)) continue;
      if (line.has(from)) { cut.push(from); continue; }
      const part = sizes.length, open = [from];
      sizes.push(0);
      parts.set(from, part);
      while (open.length) {
        const at = open.pop();
        sizes[part]++;
        near(at, true, (other) => {
          if (!parts.has(other) && !line.has(other)) { parts.set(other, part); open.push(other); }
        });
      }
    }
    const beside = new Set();
    for (const at of cut) near(at, true, (other) => parts.has(other) && beside.add(parts.get(other)));
    const largest = sizes.indexOf(Math.max(...sizes));
    const apart = [...beside].filter((part) => part !== largest && sizes[part] >= 4);
    if (!apart.length || !beside.has(largest)) return [];
    let front = cut; // the line itself goes to what lies beside it
    for (let before = -1; front.length && front.length !== before;) {
      before = front.length;
      const found = [];
      for (const at of front) near(at, false, (other) => parts.has(other) && found.push([at, parts.get(other)]));
      for (const [at, part] of found) parts.set(at, part);
      front = front.filter((at) => !parts.has(at));
    }
    const numbers = new Map(apart.map((part) => [part, this.fresh(this.classes.get(id))]));
    for (const [at, part] of parts) if (numbers.has(part)) this.set(at % width, Math.floor(at / width), numbers.get(part));
    return [...numbers.values()];
  }
}
