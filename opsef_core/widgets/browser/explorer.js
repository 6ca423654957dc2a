// The explorer: one image, one to four grid points, one zoom.

const OUTLINES = [["outline", "Outlines", "Objects as outlines (o: on and off, f: filled)"],
  ["fill", "Filled", "Objects filled, each in its own colour (f)"], ["off", "Off", "The image alone (o)"]];

function render({ model, el }) {
  const about = model.get("about");
  const first = model.get("first");

  // --- what is shown ------------------------------------------------------------------------------------------

  const titles = about.points.map((point) => point.title);
  const now = {
    image: model.get("image"),
    points: [...model.get("grid_points")],
    blink: false,
    shown: 0,
    outlines: "outline",
    truth: true,
    pointer: null, // [panel, x, y] in screen pixels of a panel
  };
  const draw = oncePerFrame(drawAll);
  const view = new View(draw);
  const layerName = (point, image = now.image) => JSON.stringify([image, point]);
  const images = new Cache(model, update);
  const layers = new Cache(model, update);
  const levels = levelControls(() => {
    stretchedPicture = null;
    draw();
  }, autoLevels);
  let stretchedPicture = null; // {of, made}: the picture with the levels that are set
  let begun = false; // whether anything has been seen yet

  async function take(answer) {
    if (answer.kind === "image") {
      images.put(answer.image, openImage(answer));
    } else if (answer.kind === "layer") {
      const name = layerName(answer.point, answer.image);
      layers.put(name, openLayer(answer));
    } else if (answer.kind === "problem") {
      const failed = Promise.reject(new Error(answer.text));
      if (answer.point === null || answer.point === undefined) images.put(answer.image, failed);
      else layers.put(layerName(answer.point, answer.image), failed);
    }
  }

  async function openImage(answer) {
    const picture = await decodePicture(answer.png);
    const truth = answer.truth ? new Layer(await decodeIds(answer.truth, picture.width, picture.height)) : null;
    return { ...answer, png: null, picture, truth, weight: 4 * picture.width * picture.height };
  }

  async function openLayer(answer) {
    return new Layer(await decodeIds(answer.ids, answer.width, answer.height));
  }

  function imageEntry(again = false) {
    return images.get(now.image, { kind: "ask", image: now.image }, again);
  }

  function layerEntry(point, again = false) {
    return layers.get(layerName(point), { kind: "ask", image: now.image, point }, again);
  }

  // --- the page -----------------------------------------------------------------------------------------------

  const imageChoice = element("select", { "aria-label": "Image", onchange: () => choose(imageChoice.value) },
    ...about.images.map((name) => element("option", { value: name, text: name })));
  const place = element("span", { class: "opsef-place" });
  const panelChoice = choice("Panels", Array.from({ length: about.most }, (_, i) => [i + 1, String(i + 1), `${i + 1} panel${i ? "s" : ""} side by side`]), setCount);
  const blinkToggle = toggle("Blink", "One panel, space goes from one grid point to the next (b)", () => setBlink(!now.blink));
  const outlineChoice = choice("Objects", OUTLINES, setOutlines);
  const truthToggle = toggle("Truth", "Outlines of the truth (t)", () => setTruth(!now.truth));
  const note = element("div", { class: "opsef-note", role: "status", "aria-live": "polite" });
  const grid = element("div", { class: "opsef-grid" });
  const readout = element("div", { class: "opsef-readout" });
  const step = (by, label, text) => element("button", { type: "button", class: "opsef-toggle", "aria-label": label, title: label, text, onclick: () => stepImage(by) });
  const root = element("div", { class: "opsef opsef-explorer", tabindex: 0, role: "group", "aria-label": `Explorer of ${about.title}`, "data-lm-suppress-shortcuts": "true", onkeydown: onKey },
    element("div", { class: "opsef-bar" },
      element("div", { class: "opsef-images" }, step(-1, "Image before (left arrow)", "‹"), imageChoice, step(1, "Next image (right arrow)", "›"), place),
      panelChoice.group, blinkToggle, outlineChoice.group, truthToggle, levels.box),
    note, grid,
    element("div", { class: "opsef-foot" }, readout,
      helpLine("wheel|zoom", "drag|pan", "double-click|all", "space|blink", "← →|image", "o|outlines", "f|fill", "t|truth", "a|contrast")));
  truthToggle.prepend(element("i", { style: `background: ${about.colours.true}` }));
  outlineChoice.group.querySelector("button").prepend(element("i", { style: `background: ${about.colours.found}` }));
  el.append(root);

  let panels = [];

  /** The panels, one a grid point shown; made anew when their number changes. */
  function build() {
    const wanted = now.blink ? 1 : now.points.length;
    if (panels.length !== wanted) {
      panels = Array.from({ length: wanted }, (_, place) => makePanel(place));
      grid.replaceChildren(...panels.map((panel) => panel.box));
    }
    panelChoice.show(now.points.length);
    blinkToggle.setAttribute("aria-pressed", String(now.blink));
    outlineChoice.show(now.outlines);
    truthToggle.setAttribute("aria-pressed", String(now.truth));
    layout();
    update();
  }

  function makePanel(place) {
    const canvas = element("canvas", { role: "img" });
    const message = element("div", { class: "opsef-message" });
    const head = element("div", { class: "opsef-head" });
    const scores = element("div", { class: "opsef-scores" });
    const box = element("figure", { class: "opsef-panel" }, head, element("div", { class: "opsef-canvas" }, canvas, message), scores);
    handle(canvas, view, root, { pointed: (at) => { now.pointer = at && [place, ...at]; draw(); } });
    return { box, canvas, message, head, scores, heads: "" };
  }

  /** Side by side, unless fewer columns make the image clearly larger; all rows are full. */
  function layout() {
    const { width, height } = view.image;
    const room = Math.max(grid.clientWidth, 160), gap = 8, n = panels.length;
    const most = Math.min(Math.max(window.innerHeight * 0.78, 340), 860);
    let best = null;
    for (let columns = n; columns >= 1; columns--) {
      if (n % columns) continue;
      const rows = Math.ceil(n / columns), wide = (room - gap * (columns - 1)) / columns;
      const high = Math.min(wide * Math.min(height / width, 1.3), most / rows);
      const scale = Math.min(wide / width, high / height);
      if (!best || scale > best.scale * 1.5) best = { columns, wide, high, scale };
    }
    grid.style.gridTemplateColumns = `repeat(${best.columns}, minmax(0, 1fr))`;
    view.resize(Math.floor(best.wide), Math.round(Math.max(best.high, 120)));
    draw();
  }

  /** The grid point of a panel. */
  const pointOf = (place) => now.points[now.blink ? now.shown : place];

  /** Everything but the canvases: words, choices, what is still to be loaded. */
  function update() {
    const entry = imageEntry(), image = entry.state === "there" ? entry.value : null;
    if (image) {
      const { width, height } = view.image;
      view.show(image.width, image.height);
      if (width !== image.width || height !== image.height) layout();
    }
    imageChoice.value = now.image;
    place.textContent = `${about.images.indexOf(now.image) + 1} of ${about.images.length}`;
    truthToggle.disabled = Boolean(image) && !image.truth;
    truthToggle.title = truthToggle.disabled ? "The truth of this image is not known" : "Outlines of the truth (t)";
    for (const point of now.points) if (image && hasResult(image, point)) layerEntry(point);
    const late = [entry, ...now.points.map((point) => layers.entries.get(layerName(point)))].some((e) => e && e.state === "late");
    say(late ? NO_ANSWER : image && image.step > 1 ? `Shown at 1/${image.step} of its size: ${image.width} × ${image.height} px` : "");
    panels.forEach((panel, number) => words(panel, number, entry, image));
    draw();
    if (entry.state === "late" && !begun) fallBack();
    if (!image) return;
    begun = true;
    if (now.points.every((point) => !hasResult(image, point) || layers.peek(layerName(point)))) ahead();
  }

  const hasResult = (image, point) => (image.rows[point] || {}).status === "done";

  function words(panel, number, entry, image) {
    const point = pointOf(number);
    head(panel, number);
    const row = image ? image.rows[point] : null;
    const layer = image && hasResult(image, point) ? layers.entries.get(layerName(point)) : null;
    const message = messageOf(entry, image, row, layer);
    panel.message.replaceChildren(...(message ? [element("span", { text: message })] : []));
    panel.scores.replaceChildren(...(row ? scoreLine(image, row) : []));
    const told = [...panel.scores.children].map((child) => child.textContent).join(", ");
    panel.canvas.setAttribute("aria-label", `${now.image}, ${point}: ${panel.message.textContent || told}`);
  }

  function messageOf(entry, image, row, layer) {
    if (entry.state === "problem") return entry.text;
    if (!image) return entry.state === "late" ? "This image is not loaded." : "Loading …";
    if (!row || row.status === "waiting") return "This grid point has not run on this image.";
    if (row.status !== "done") return `Failed: ${row.reason || "no reason is known"}`;
    if (layer && layer.state === "problem") return layer.text;
    if (layer && layer.state === "late") return "This result is not loaded.";
    return layer && layer.state === "there" ? "" : "Loading …";
  }

  /** Scores of the shown image; the best of the chosen grid points stand out. */
  function scoreLine(image, row) {
    const others = now.points.map((point) => image.rows[point]).filter((r) => r && r.status === "done");
    const made = about.metrics.map((metric, n) => {
      const value = row.values[n];
      if (value === null) return null;
      const rest = others.map((r) => r.values[n]).filter((v) => v !== null);
      const best = metric.lower ? Math.min(...rest) : Math.max(...rest);
      const leads = rest.length > 1 && value === best && rest.some((v) => v !== best);
      return element("span", { class: leads ? "opsef-score opsef-leads" : "opsef-score", title: leads ? "The best of those chosen" : null },
        `${metric.label} `, element("b", { text: value.toFixed(3) }));
    });
    if (row.count !== null) made.push(element("span", { class: "opsef-score" }, element("b", { text: row.count }), ` object${row.count === 1 ? "" : "s"}`,
      image.truth_count === null ? "" : `, truth ${image.truth_count}`));
    if (row.seen) made.push(element("span", { class: "opsef-seen", text: "trained on this image" }));
    return made.filter(Boolean);
  }

  /** The choice of a panel's grid point; while blinking one choice for each, the shown one marked. */
  function head(panel, number) {
    const wanted = now.blink ? now.points.map((_, i) => i) : [number];
    const state = JSON.stringify([wanted, now.points, now.blink && now.shown]);
    if (panel.heads === state) return;
    panel.heads = state;
    panel.head.replaceChildren(...wanted.map((i) => {
      const select = element("select", { "aria-label": `Grid point ${i + 1}`, title: now.points[i], onchange: () => setPoint(i, select.value) },
        ...about.points.map(({ title, mean }) => element("option", { value: title, text: mean === null ? title : `${mean.toFixed(3)}  ${title}` })));
      select.value = now.points[i];
      if (!now.blink) return select;
      const mark = toggle(String(i + 1), `Show this one (${i + 1})`, () => setShown(i));
      mark.setAttribute("aria-pressed", String(i === now.shown));
      return element("div", { class: "opsef-turn" }, mark, select);
    }));
  }

  // --- drawing ------------------------------------------------------------------------------------------------

  function shownPicture(image) {
    if (!stretchedPicture || stretchedPicture.of !== image.picture) {
      stretchedPicture = { of: image.picture, made: levelled(image.picture, levels.now) };
    }
    return stretchedPicture.made;
  }

  function drawAll() {
    const image = images.peek(now.image);
    const ids = [];
    panels.forEach((panel, number) => {
      const point = pointOf(number);
      const found = image ? layers.peek(layerName(point)) : null;
      const scene = image
        ? { ...image, picture: shownPicture(image), found, truth: now.truth ? image.truth : null, outlines: now.outlines, colours: about.colours }
        : { picture: null };
      if (now.pointer && now.pointer[0] !== number) scene.pointer = now.pointer.slice(1);
      paint(panel.canvas, view, scene);
      ids.push(found);
    });
    read(image, ids);
  }

  /** Row, column and the objects under the pointer, in the order of the panels. */
  function read(image, found) {
    if (!image || !now.pointer) return void (readout.textContent = "");
    const [x, y] = view.toImage(now.pointer[1], now.pointer[2]);
    if (x < 0 || y < 0 || x >= image.width || y >= image.height) return void (readout.textContent = "");
    const id = (layer) => (layer ? layer.at(x / image.step, y / image.step) || "–" : "–");
    const truth = image.truth && now.truth ? `, truth ${id(image.truth)}` : "";
    readout.textContent = `row ${Math.floor(y)}, column ${Math.floor(x)} · object ${found.map(id).join(" | ")}${truth}`;
  }

  function autoLevels() {
    const image = images.peek(now.image);
    return image ? stretched(image.picture, view.window.map((n) => n / image.step)) : {};
  }

  function say(text) {
    if (note.textContent !== text) note.textContent = text;
  }

  // --- what a person does -------------------------------------------------------------------------------------

  function choose(image) {
    if (image === now.image) return;
    now.image = image;
    keep(model, "image", image);
    imageEntry(true);
    update();
    root.focus({ preventScroll: true });
  }

  /** Ask for the next image, so that it is there when it is wanted. */
  function ahead() {
    const next = about.images[about.images.indexOf(now.image) + 1];
    if (next) images.get(next, { kind: "ask", image: next });
  }

  /** Without a kernel the view that the notebook kept. */
  function fallBack() {
    const kept = first.find((answer) => answer.kind === "image");
    if (!kept || kept.image === now.image) return;
    now.image = kept.image;
    now.points = first.filter((answer) => answer.kind === "layer").map((answer) => answer.point);
    build();
  }

  function stepImage(by) {
    const n = about.images.length;
    choose(about.images[(about.images.indexOf(now.image) + by + n) % n]);
  }

  function setPoints(points) {
    now.points = points;
    now.shown = Math.min(now.shown, points.length - 1);
    keep(model, "grid_points", points);
    for (const point of points) {
      const entry = layers.entries.get(layerName(point));
      if (entry && entry.state === "late") layerEntry(point, true);
    }
    build();
  }

  function setPoint(place, title) {
    setPoints(now.points.map((old, i) => (i === place ? title : old)));
    root.focus({ preventScroll: true });
  }

  /** More panels show the best grid points that are not shown yet. */
  function setCount(count) {
    const more = titles.filter((title) => !now.points.includes(title));
    now.blink = now.blink && count > 1;
    setPoints([...now.points, ...more, ...Array(count).fill(titles[0])].slice(0, count));
  }

  function setBlink(blink) {
    now.blink = blink;
    if (blink && now.points.length === 1) return setCount(2);
    build();
  }

  function setShown(place) {
    now.shown = place;
    build();
  }

  function setOutlines(how) {
    now.outlines = how;
    build();
  }

  function setTruth(on) {
    now.truth = on;
    build();
  }

  function onKey(event) {
    if (["SELECT", "INPUT"].includes(event.target.tagName) || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      " ": () => (now.blink ? setShown((now.shown + 1) % now.points.length) : setBlink(true)),
      b: () => setBlink(!now.blink),
      ArrowLeft: () => stepImage(-1),
      ArrowRight: () => stepImage(1),
      o: () => setOutlines(now.outlines === "off" ? "outline" : "off"),
      f: () => setOutlines(now.outlines === "fill" ? "outline" : "fill"),
      t: () => setTruth(!now.truth),
      a: levels.stretch,
      r: levels.reset,
      "+": () => view.zoom(1.4),
      "-": () => view.zoom(1 / 1.4),
      0: () => view.fit(),
    }[event.key] || (/^[1-4]$/.test(event.key) && now.blink && now.points[event.key - 1] && (() => setShown(event.key - 1)));
    if (!act || (event.key === " " && event.target.tagName === "BUTTON" && event.target.matches(":focus-visible"))) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  // --- the kernel ---------------------------------------------------------------------------------------------

  const onMessage = (message, buffers) => take(withBuffers(message, buffers));
  const onImage = () => choose(model.get("image"));
  const onPoints = () => {
    const points = model.get("grid_points");
    if (JSON.stringify(points) !== JSON.stringify(now.points)) {
      now.points = [...points];
      now.shown = 0;
      build();
    }
  };
  model.on("msg:custom", onMessage);
  model.on("change:image", onImage);
  model.on("change:grid_points", onPoints);
  const fit = oncePerFrame(layout); // not within the observer's own round
  const watch = new ResizeObserver(fit);
  watch.observe(el);

  for (const answer of first) {
    if (answer.kind === "image") view.show(answer.width, answer.height);
    take(answer);
  }
  build();

  return () => {
    watch.disconnect();
    draw.cancel();
    fit.cancel();
    model.off("msg:custom", onMessage);
    model.off("change:image", onImage);
    model.off("change:grid_points", onPoints);
  };
}

export default { render };
