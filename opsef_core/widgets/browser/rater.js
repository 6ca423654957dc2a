// The rater: one result after another, one key each.

const LOOK_AHEAD = 2;

function render({ model, el }) {
  const about = model.get("about");
  const first = model.get("first");
  const count = model.get("marks").length;
  const now = { place: 0, outlines: true, since: 0, marks: model.get("marks"), pending: new Map(), stored: "", done: about.summary };
  const draw = oncePerFrame(drawAll);
  const view = new View(draw);
  const items = new Cache(model, update);
  let stretchedPicture = null;
  let seen = -1; // the item whose time runs
  const levels = levelControls(() => {
    stretchedPicture = null;
    draw();
  }, () => {
    const item = items.peek(now.place);
    return item ? stretched(item.picture, view.window) : {};
  });

  async function open(answer) {
    const picture = await decodePicture(answer.png);
    const found = new Layer(await decodeIds(answer.ids, answer.width, answer.height));
    return { ...answer, png: null, picture, found, step: 1, weight: found.weight + 4 * answer.width * answer.height };
  }

  const ask = (place, again = false) => items.get(place, { kind: "ask", place }, again);
  const isRated = (place) => now.marks[place] !== "0";

  // --- the page -----------------------------------------------------------------------------------------------

  const bar = element("i");
  const progress = element("div", { class: "opsef-progress", role: "progressbar", "aria-label": "Rated", "aria-valuemin": 0, "aria-valuemax": count }, bar);
  const where = element("span", { class: "opsef-where" });
  const title = element("span", { class: "opsef-title" });
  const canvas = element("canvas", { role: "img" });
  const message = element("div", { class: "opsef-message" });
  const frame = element("div", { class: "opsef-canvas" }, canvas, message);
  const buttons = about.words.map((word, n) => element("button", { type: "button", class: "opsef-rating", "aria-pressed": "false", onclick: () => rate(n) },
    element("kbd", { text: n + 1 }), element("span", {}, word.label, word.called ? element("small", { text: word.called }) : null)));
  const last = element("div", { class: "opsef-last", role: "status", "aria-live": "polite" });
  const note = element("div", { class: "opsef-note", role: "alert" });
  const outlines = toggle("Outlines", "Outlines on and off (o)", () => setOutlines(!now.outlines));
  outlines.prepend(element("i", { style: `background: ${about.colours.found}` }));
  const root = element("div", { class: "opsef opsef-rater", tabindex: 0, role: "group", "aria-label": `Rater of ${about.title}`, "data-lm-suppress-shortcuts": "true", onkeydown: onKey },
    progress,
    element("div", { class: "opsef-bar" }, where, title, element("span", { class: "opsef-space" }), outlines, levels.box),
    note, frame,
    element("div", { class: "opsef-ratings", role: "group", "aria-label": "Rating" }, ...buttons),
    element("div", { class: "opsef-foot" }, last,
      helpLine("1 2 3 4|rate", "backspace|take back", "← →|back and forward", "o|outlines", "wheel|zoom", "a|contrast")));
  el.append(root);
  handle(canvas, view, root, { pointed: () => {} });

  function layout() {
    const { width, height } = view.image;
    const wide = Math.max(frame.clientWidth, 160);
    const most = Math.min(Math.max(window.innerHeight * 0.62, 300), 680);
    view.resize(wide, Math.round(Math.max(Math.min((wide * height) / width, most), 160)));
    draw();
  }

  function update() {
    const entry = ask(now.place), item = entry.state === "there" ? entry.value : null;
    const rated = [...now.marks].filter((mark) => mark !== "0").length;
    bar.style.width = `${(100 * rated) / count}%`;
    progress.setAttribute("aria-valuenow", rated);
    if (item) {
      const { width, height } = view.image;
      view.show(item.width, item.height);
      if (width !== item.width || height !== item.height) layout();
      if (seen !== now.place) {
        seen = now.place;
        now.since = performance.now();
      }
    }
    where.replaceChildren(element("b", { text: `${now.place + 1} of ${count}` }), `  ${item ? item.image : ""}${item && item.crop ? `, ${item.crop}` : ""}`);
    title.textContent = item && item.title ? item.title : "";
    const told = item ? "" : entry.state === "problem" ? entry.text : entry.state === "late" ? "This result is not loaded." : "Loading …";
    message.replaceChildren(...(told ? [element("span", { text: told })] : []));
    canvas.setAttribute("aria-label", item ? `${item.image}${item.title ? `, ${item.title}` : ", grid point hidden"}` : message.textContent);
    const mark = now.pending.has(now.place) ? now.pending.get(now.place) + 1 : +now.marks[now.place];
    buttons.forEach((button, n) => {
      button.setAttribute("aria-pressed", String(mark === n + 1));
      button.disabled = !item;
    });
    last.replaceChildren(...lastWords(rated));
    if (entry.state === "late") note.textContent = NO_ANSWER;
    draw();
    if (item) for (let ahead = 1, place = now.place; ahead <= LOOK_AHEAD; ahead++) {
      place = nextOpen(place);
      if (place >= 0) ask(place);
    }
  }

  function lastWords(rated) {
    const words = [];
    if (now.stored) words.push(element("div", { text: now.stored }));
    if (rated === count) {
      words.push(element("div", { class: "opsef-all", text: `All ${count} are rated. Share of good ones:` }));
      for (const one of now.done || []) words.push(shareLine(one));
    }
    return words;
  }

  function shareLine({ grid_point, share_good, low, high, n_images }) {
    const per = (x) => `${(100 * x).toFixed(1)}%`;
    return element("div", { class: "opsef-share" },
      element("span", { text: grid_point }),
      element("div", { class: "opsef-interval" },
        element("i", { style: `left: ${per(low)}; width: ${per(high - low)}` }), element("b", { style: `left: ${per(share_good)}` })),
      element("span", { text: `${Math.round(100 * share_good)} % [${Math.round(100 * low)}, ${Math.round(100 * high)}] of ${n_images}` }));
  }

  function drawAll() {
    const item = items.peek(now.place);
    if (item && (!stretchedPicture || stretchedPicture.of !== item.picture)) {
      stretchedPicture = { of: item.picture, made: levelled(item.picture, levels.now) };
    }
    paint(canvas, view, item
      ? { ...item, picture: stretchedPicture.made, outlines: now.outlines ? "outline" : "off", truth: null, colours: about.colours }
      : { picture: null });
  }

  // --- what a person does -------------------------------------------------------------------------------------

  /** The next item that is not rated, from a place on and round; -1 if there is none. */
  function nextOpen(place) {
    for (let i = 1; i < count; i++) {
      const other = (place + i) % count;
      if (!isRated(other) && !now.pending.has(other)) return other;
    }
    return -1;
  }

  function go(place) {
    now.place = Math.min(Math.max(place, 0), count - 1);
    ask(now.place, true);
    view.fit();
    update();
  }

  /** Say it to the kernel and go on; it counts when the kernel has stored it. */
  function rate(n) {
    const place = now.place;
    if (!items.peek(place)) return;
    now.pending.set(place, n);
    const seconds = (performance.now() - now.since) / 1000;
    const sent = tell(model, { kind: "rate", place, rating: about.words[n].rating, seconds });
    setTimeout(() => {
      if (now.pending.has(place)) lost();
    }, sent ? PATIENCE_MS : 0);
    const next = nextOpen(place);
    root.focus({ preventScroll: true });
    if (next >= 0) go(next);
    else update();
  }

  function lost() {
    const n = now.pending.size;
    note.textContent = `The kernel does not answer: ${n === 1 ? "the last rating is" : `the last ${n} ratings are`} not stored yet. `
      + "If it was stopped, run this cell again; the rater goes on after the last rating that is stored.";
  }

  function undo() {
    const asked = (now.undoing = {});
    const sent = tell(model, { kind: "undo" });
    setTimeout(() => {
      if (now.undoing === asked) note.textContent = NO_ANSWER;
    }, sent ? PATIENCE_MS : 0);
  }

  function setOutlines(on) {
    now.outlines = on;
    outlines.setAttribute("aria-pressed", String(on));
    draw();
  }

  function onKey(event) {
    if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      Backspace: undo,
      ArrowLeft: () => go(now.place - 1),
      ArrowRight: () => go(now.place + 1),
      o: () => setOutlines(!now.outlines),
      a: levels.stretch,
      r: levels.reset,
      "+": () => view.zoom(1.4),
      "-": () => view.zoom(1 / 1.4),
      0: () => view.fit(),
    }[event.key] || (about.words[event.key - 1] && !event.repeat && (() => rate(event.key - 1)));
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  // --- the kernel ---------------------------------------------------------------------------------------------

  function onMessage(message, buffers) {
    const answer = withBuffers(message, buffers);
    if (answer.kind === "item") {
      note.textContent = "";
      items.put(answer.place, open(answer));
    } else if (answer.kind === "rated") rated(answer);
    else if (answer.kind === "undone") undone(answer);
    else if (answer.kind === "problem") problem(answer);
  }

  function rated({ place, title: point, marks, summary }) {
    const word = about.words[+marks[place] - 1];
    now.pending.delete(place);
    now.marks = marks;
    if (summary) now.done = summary;
    const item = items.peek(place);
    if (item) item.title = point;
    note.textContent = "";
    now.stored = `${place + 1}: ${word.label.toLowerCase()} · ${point}`;
    update();
  }

  function undone({ place, marks }) {
    now.undoing = null;
    now.marks = marks;
    now.stored = place === null ? "Nothing to take back." : `${place + 1}: taken back`;
    if (place === null) return update();
    const item = items.peek(place);
    if (item && about.blind) item.title = "";
    go(place);
  }

  function problem({ about: what, place, text }) {
    if (what === "undo") now.undoing = null;
    if (what === "ask") return void items.put(place, Promise.reject(new Error(text)));
    now.pending.delete(place);
    note.textContent = text;
    if (what === "rate") go(place);
  }

  model.on("msg:custom", onMessage);
  const fit = oncePerFrame(layout); // not within the observer's own round
  const watch = new ResizeObserver(fit);
  watch.observe(el);
  for (const answer of first) {
    if (answer.kind !== "item") continue;
    view.show(answer.width, answer.height);
    items.put(answer.place, open(answer));
    now.place = answer.place;
  }
  setOutlines(true);
  layout();
  update();

  return () => {
    watch.disconnect();
    draw.cancel();
    fit.cancel();
    model.off("msg:custom", onMessage);
  };
}

export default { render };
