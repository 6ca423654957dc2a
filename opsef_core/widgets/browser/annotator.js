// The annotator: objects of one image after another are drawn, corrected and classified.

function render({ model, el }) {
  const about = model.get("about"), first = model.get("first");
  const now = { image: "", tool: "assist", radius: 5, className: about.classes[0], outlines: "outline", space: false, pointer: null, marks: model.get("marks"), note: "", said: "" };
  let names = [...about.classes], stretchedPicture = null, isReady = false;
  const pasts = new Map(), clock = new Clock();
  const draw = oncePerFrame(drawAll), view = new View(draw), still = new Still();
  const images = new Cache(model, (name) => { if (name === now.image) update(); });
  const draft = new Draft(model, about.methods, () => isReady && update());
  const saver = new Saver(model, about.token, (name) => { clock.tick(); return name === now.image ? clock.sum : 0; }, () => isReady && update());
  const sheet = () => images.peek(now.image);
  const colourOfClass = (name) => (names.includes(name) ? about.colours[names.indexOf(name) % about.colours.length] : "#b9bec4");
  const past = () => pasts.get(now.image) || pasts.set(now.image, new Past()).get(now.image);

  // --- edits --------------------------------------------------------------------------------------------------

  const desk = {
    view, draft, draw, get tool() { return now.tool; }, get radius() { return now.radius; }, get className() { return now.className; },
    get space() { return now.space; }, get ids() { return sheet()?.ids ?? null; }, say, done,
    mark: (points) => { saver.flush(); draft.mark(now.image, points, desk.ids); },
    edit(act) { desk.ids.begin(); act(); done(); },
  };
  const hand = new Hand(desk);

  /** The change that is under way is complete: it can be undone, and goes to the kernel. */
  function done() {
    const change = desk.ids.commit();
    if (change) past().add(change), send(change.forward);
    update();
  }

  function send(step) {
    const one = sheet();
    saver.add(now.image, one.revision, step);
    one.revision += 1;
  }

  function turnBack(again) {
    if (!desk.ids || desk.ids.change) return;
    const side = past().take(again);
    if (!side) return say(again ? "Nothing to do again." : "Nothing to take back.");
    desk.ids.apply(side);
    send(side);
    update();
  }

  function accept() {
    if (draft.state !== "there" || draft.image !== now.image) return;
    desk.edit(() => { if (!draft.accept(desk.ids, now.className)) say("All of it belongs to other objects."); });
  }

  function removeUnder() {
    const id = now.pointer && desk.ids ? desk.ids.at(...view.toImage(...now.pointer)) : 0;
    if (id) desk.edit(() => desk.ids.delete(id));
  }

  // --- images -------------------------------------------------------------------------------------------------

  async function openImage(answer) {
    const picture = await decodePicture(answer.png);
    const ids = new Ids(await decodeIds(answer.ids, answer.width, answer.height), answer.classes, answer.largest);
    const one = { image: answer.image, picture, ids, um: answer.um, revision: answer.revision, finished: answer.finished, weight: ids.weight + 4 * answer.width * answer.height, fill: null };
    ids.patched = (box) => { if (one.fill) refill(one, box); };
    const kept = saver.adopt(answer.image, answer.revision, answer.editor);
    if (kept === false) say(`${answer.image}: edits that were kept in this browser do not fit what is stored now, and are left out.`);
    if (kept) {
      for (const step of kept.steps) ids.apply(step);
      one.revision += kept.steps.length;
      saver.flush();
      say(`${kept.steps.length} edits that were kept in this browser are being saved.`);
    }
    return one;
  }

  function go(place) {
    const name = about.images[Math.min(Math.max(place, 0), about.images.length - 1)];
    if (name === now.image) return;
    if (now.image) leave();
    draft.clear();
    now.image = name;
    now.said = "";
    clock.start();
    const known = sheet();
    if (known) tell(model, { kind: "open", image: name, known: known.revision });
    else images.get(name, { kind: "open", image: name }, true);
    update();
  }

  function leave() {
    saver.flush();
    clock.tick();
    tell(model, { kind: "leave", image: now.image, seconds: clock.sum });
  }

  function finish(on) {
    const one = sheet();
    if (!one) return;
    saver.flush();
    clock.tick();
    if (!tell(model, { kind: "finish", image: now.image, finished: on, seconds: clock.sum })) return say(`${NO_ANSWER} It is not marked as finished.`);
    one.finished = on;
    const place = about.images.indexOf(now.image);
    if (on && place + 1 < about.images.length) go(place + 1);
    else update();
  }

  // --- the page -----------------------------------------------------------------------------------------------

  const small = (text, label, act) => element("button", { type: "button", class: "opsef-toggle", "aria-label": label, title: label, text, onclick: act });
  const place = () => about.images.indexOf(now.image);
  const imageChoice = element("select", { "aria-label": "Image", onchange: () => go(about.images.indexOf(imageChoice.value)) }, ...about.images.map((name) => element("option", { value: name, text: name })));
  const where = element("span", { class: "opsef-place" });
  const finished = toggle("✓ Finished", "This image is finished; on to the next (Enter)", () => finish(!sheet()?.finished));
  const undo = small("↶", "Take back (ctrl+z)", () => turnBack(false)), redo = small("↷", "Do again (ctrl+shift+z)", () => turnBack(true));
  const status = element("span", { class: "opsef-status", role: "status" });
  const toolButtons = new Map(TOOLS.map(({ name, label, title, icon: path }) => {
    const button = element("button", { type: "button", class: "opsef-tool", title, "aria-pressed": "false", onclick: () => setTool(name) }, icon(path), element("span", { text: label }));
    return [name, button];
  }));
  const classBox = element("div", { class: "opsef-classes", role: "group", "aria-label": "Class" });
  const slider = (label, least, most, step, act) => element("input", { type: "range", min: least, max: most, step, "aria-label": label, title: label, oninput: (event) => act(+event.target.value) });
  const size = slider("Size of the brush ([ and ])", 0.5, 60, 0.5, setRadius), sizeText = element("output");
  const sizeBox = element("label", { class: "opsef-option" }, element("span", { text: "Size" }), size, sizeText);
  const method = element("select", { "aria-label": "Method of contour assist", title: "How the contour is found", onchange: () => draft.set({ method: method.value }) },
    ...about.methods.map(({ name, label }) => element("option", { value: name, text: label })));
  const threshold = slider("Threshold: lower is larger for a probability map", 0.02, 0.98, 0.02, (value) => draft.set({ threshold: value })), thresholdText = element("output");
  const thresholdBox = element("label", { class: "opsef-option" }, element("span", { text: "Threshold" }), threshold, thresholdText);
  const outlineToggle = small("Outlines", "Outlines, filled, or the image alone (o)", () => cycle());
  const levels = levelControls(() => { stretchedPicture = null; draw(); }, () => (sheet() ? stretched(sheet().picture, view.window) : {}));
  const canvas = element("canvas", { role: "img" }), message = element("div", { class: "opsef-message" });
  const offer = (text, keyName, title, act) => element("button", { type: "button", class: "opsef-offer", title, onclick: act }, element("kbd", { text: keyName }), text);
  const inverse = offer("Inverse", "u", "The other side of the threshold", () => draft.set({ inverted: !draft.inverted }));
  const tighten = offer("Tighten", "g", "Let an active contour work on it", () => draft.tighten());
  const offerText = element("span", { class: "opsef-offer-text" });
  const acceptButton = offer("Accept", "q", "A new object", accept);
  const rejectButton = offer("Reject", "esc", "Not this (or ctrl+delete)", () => draft.clear());
  const offers = element("div", { class: "opsef-offers", role: "group", "aria-label": "Suggestion" }, offerText, acceptButton, rejectButton, inverse, tighten);
  const frame = element("div", { class: "opsef-canvas" }, canvas, message, offers);
  const note = element("div", { class: "opsef-note", role: "alert" }), said = element("div", { class: "opsef-said", role: "status", "aria-live": "polite" });
  const readout = element("div", { class: "opsef-readout" });
  const root = element("div", { class: "opsef opsef-annotator", tabindex: 0, role: "group", "aria-label": "Annotator", "data-lm-suppress-shortcuts": "true", onkeydown: onKey, onkeyup: onKeyUp },
    element("div", { class: "opsef-bar" },
      element("div", { class: "opsef-images" }, small("‹", "Image before (left arrow)", () => go(place() - 1)), imageChoice, small("›", "Next image (right arrow)", () => go(place() + 1)), where),
      element("div", { class: "opsef-choice" }, undo, redo), status, element("span", { class: "opsef-space" }), finished),
    element("div", { class: "opsef-bar opsef-second" },
      element("div", { class: "opsef-tools", role: "group", "aria-label": "Tools" }, ...toolButtons.values()),
      classBox),
    element("div", { class: "opsef-bar opsef-third" },
      sizeBox, element("div", { class: "opsef-option opsef-method" }, method, thresholdBox), element("span", { class: "opsef-space" }), outlineToggle, levels.box),
    note, frame,
    element("div", { class: "opsef-foot" }, element("div", { class: "opsef-told" }, said, readout),
      helpLine("q|accept", "u|inverse", "g|tighten", "esc|cancel", "delete|remove", "ctrl+z|undo", "1 – 9|class", "[ ]|brush", "wheel|zoom", "space right-drag|pan", "0|all", "← →|image", "enter|finished")));
  el.append(root);
  handle(canvas, view, root, { pointed: (at) => { now.pointer = at; clock.tick(); draw(); }, hand });

  function layout() {
    const { width, height } = view.image, wide = Math.max(frame.clientWidth, 160), most = Math.min(Math.max(window.innerHeight * 0.68, 320), 900);
    view.resize(wide, Math.round(Math.max(Math.min((wide * height) / width, most), 240)));
    draw();
  }

  function update() {
    const entry = images.get(now.image, { kind: "open", image: now.image }), one = sheet();
    if (one) {
      const { width, height } = view.image;
      view.show(one.ids.width, one.ids.height);
      if (width !== one.ids.width || height !== one.ids.height) layout();
    }
    imageChoice.value = now.image;
    const states = [...now.marks], n = states.filter((mark) => mark === "2").length;
    where.textContent = `${place() + 1} of ${about.images.length}${n ? `, ${n} finished` : ""}`;
    [...imageChoice.options].forEach((option, i) => { option.textContent = `${{ 1: "• ", 2: "✓ " }[states[i]] || ""}${about.images[i]}`; });
    finished.setAttribute("aria-pressed", String(Boolean(one && one.finished)));
    finished.disabled = !one;
    undo.disabled = !past().done.length;
    redo.disabled = !past().undone.length;
    const { short, long } = saver.words;
    status.textContent = short;
    status.dataset.state = saver.count ? (saver.late || saver.problem ? "late" : "saving") : "saved";
    note.textContent = long || (entry.state === "late" ? NO_ANSWER : "");
    said.textContent = now.said || draft.text;
    for (const [name, button] of toolButtons) button.setAttribute("aria-pressed", String(name === now.tool));
    sizeBox.hidden = !["brush", "erase"].includes(now.tool);
    size.value = now.radius;
    sizeText.textContent = `${2 * now.radius} px`;
    method.parentElement.hidden = now.tool !== "assist" && draft.state === "none";
    method.value = draft.method;
    thresholdBox.hidden = draft.threshold === null || draft.threshold === undefined;
    threshold.value = draft.threshold ?? 0.5;
    thresholdText.textContent = (draft.threshold ?? 0).toFixed(2);
    outlineToggle.textContent = { outline: "Outlines", fill: "Filled", off: "No outlines" }[now.outlines];
    showClasses();
    showOffers();
    const told = one ? "" : entry.state === "problem" ? entry.text : entry.state === "late" ? "This image is not loaded." : "Loading …";
    message.replaceChildren(...(told ? [element("span", { text: told })] : []));
    canvas.setAttribute("aria-label", one ? `${now.image}, ${one.ids.objects.size} objects` : told);
    draw();
  }

  function showClasses() {
    const key = JSON.stringify([names, now.className]);
    if (classBox.dataset.shown === key) return;
    classBox.dataset.shown = key;
    classBox.replaceChildren(...names.map((name, i) => element("button", { type: "button", class: "opsef-class", "aria-pressed": String(name === now.className), title: `New objects are of this class${i < 9 ? ` (${i + 1})` : ""}`, onclick: () => setClass(name) },
      element("i", { style: `background: ${colourOfClass(name)}` }), name)));
  }

  function showOffers() {
    offers.hidden = draft.state === "none";
    const top = draft.points ? Math.max(...draft.points.map(([, y]) => y)) : 0; // it must not lie on what it is about
    offers.dataset.at = (top - view.y) * view.scale + view.panel.height / 2 > view.panel.height - 90 ? "top" : "bottom";
    for (const button of [acceptButton, tighten]) button.hidden = draft.state !== "there";
    inverse.hidden = !draft.points || !draft.chosen.inverts;
    inverse.setAttribute("aria-pressed", String(draft.inverted));
    tighten.hidden ||= !about.methods.some(({ name }) => name === "active_contour");
    offerText.textContent = draft.state !== "there" ? draft.text : `${areaText(draft.area)}${draft.score === null ? "" : ` · p ${draft.score.toFixed(2)}`}`;
    offerText.title = draft.score === null ? "Area" : "Area, and the mean probability inside";
  }

  function areaText(area) {
    const um2 = area * (sheet()?.um || 0) ** 2;
    return um2 ? `${um2 < 100 ? +um2.toPrecision(3) : Math.round(um2)} µm²` : `${area} px`;
  }

  function drawAll() {
    const one = sheet();
    if (one && (!stretchedPicture || stretchedPicture.of !== one.picture)) stretchedPicture = { of: one.picture, made: levelled(one.picture, levels.now) };
    paintSheet(canvas, still, view, one && { ...one, picture: stretchedPicture.made, fillOf: fillOf(one) }, { ...now, draft, trail: hand.trail, shift: hand.shift, colourOfClass, names });
    const under = one && now.pointer ? view.toImage(...now.pointer) : null, id = under ? one.ids.at(...under) : 0;
    const object = id ? one.ids.objects.get(id) : null;
    readout.textContent = !one ? "" : object ? `object ${id} · ${one.ids.classes.get(id) || "no class"} · ${areaText(object.area)}` : `${one.ids.objects.size} objects`;
  }

  /** Objects filled by class, as a canvas that follows the edits; made when it is first wanted. */
  function fillOf(one) {
    if (now.outlines !== "fill") return null;
    const key = String(names);
    if (!one.fill || one.fill.key !== key) {
      one.fill = { canvas: element("canvas", { width: one.ids.width, height: one.ids.height }), key };
      refill(one, [0, 0, one.ids.width, one.ids.height]);
    }
    return one.fill.canvas;
  }

  function refill(one, box) {
    fillBox(one.fill.canvas, one.ids, box, colourOfClass);
  }

  // --- what a person does -------------------------------------------------------------------------------------

  function say(text) {
    if (now.said === text) return;
    now.said = text;
    if (isReady) said.textContent = text || draft.text;
  }
  function setTool(name) { now.tool = name; say(""); update(); }
  function setRadius(value) { now.radius = Math.min(Math.max(value, 0.5), 60); update(); }
  function setClass(name) { now.className = name; update(); }
  function cycle() { now.outlines = { outline: "fill", fill: "off", off: "outline" }[now.outlines]; update(); }

  function onKey(event) {
    clock.tick();
    if (["SELECT", "TEXTAREA"].includes(event.target.tagName) || (event.target.type === "range" && event.key.startsWith("Arrow"))) return;
    const { key } = event, command = event.ctrlKey || event.metaKey, lower = key.length === 1 ? key.toLowerCase() : key;
    const tool = TOOLS.find((one) => one.key === lower);
    const acts = command
      ? { z: () => turnBack(event.shiftKey), y: () => turnBack(true), Delete: () => draft.clear(), Backspace: () => draft.clear() }
      : {
        q: accept, u: () => draft.points && draft.chosen.inverts && draft.set({ inverted: !draft.inverted }), g: () => draft.tighten(), Escape: () => (hand.trail ? hand.cancel() : draft.clear()),
        Enter: () => (draft.state === "there" ? accept() : finish(true)), Delete: removeUnder, Backspace: removeUnder,
        ArrowLeft: () => go(place() - 1), ArrowRight: () => go(place() + 1), "[": () => setRadius(now.radius * 0.8), "]": () => setRadius(now.radius * 1.25 + 0.2),
        o: cycle, a: levels.stretch, r: levels.reset, "+": () => view.zoom(1.4), "-": () => view.zoom(1 / 1.4), 0: () => view.fit(),
        " ": () => { now.space = true; },
      };
    const act = Object.hasOwn(acts, lower) ? acts[lower] : command || event.altKey ? null : tool ? () => setTool(tool.name) : names[key - 1] ? () => setClass(names[key - 1]) : null;
    if (!act || (event.target.tagName === "BUTTON" && ["Enter", " "].includes(key))) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  function onKeyUp(event) {
    if (event.key === " ") now.space = false;
  }

  // --- the kernel ---------------------------------------------------------------------------------------------

  function onMessage(content, buffers) {
    const answer = withBuffers(content, buffers);
    if (answer.kind === "image") {
      names = answer.names;
      images.put(answer.image, openImage(answer));
    } else if (answer.kind === "opened") {
      if (answer.image === now.image && !saver.waiting.has(now.image) && answer.revision !== sheet()?.revision) reload(answer.image);
    } else if (answer.kind === "saved") {
      now.marks = answer.marks;
      saver.saved(answer.image, answer.revision);
    } else if (["suggestion", "wait"].includes(answer.kind) || answer.about === "suggest") {
      draft.take(answer);
    } else if (answer.kind === "problem") problem(answer);
  }

  function problem({ about: what, image, text, stale, editor }) {
    if (what === "edit" && editor !== saver.waiting.get(image)?.editor) return; // of another view
    if (what === "open") return void images.put(image, Promise.reject(new Error(text)));
    say(text);
    if (what === "edit" && stale) saver.drop(image), reload(image);
    else if (what === "edit") saver.failed(text);
    update();
  }

  function reload(image) {
    pasts.delete(image);
    images.entries.delete(image);
    update();
  }

  model.on("msg:custom", onMessage);
  const hide = () => { if (document.hidden) saver.flush(); };
  document.addEventListener("visibilitychange", hide);
  const fit = oncePerFrame(layout), watch = new ResizeObserver(fit);
  watch.observe(el);
  isReady = true;
  now.image = (first[0] || {}).image || about.images[0];
  for (const answer of first) onMessage(answer, []);
  layout();
  update();

  return () => {
    watch.disconnect();
    draw.cancel();
    fit.cancel();
    leave();
    saver.close();
    document.removeEventListener("visibilitychange", hide);
    model.off("msg:custom", onMessage);
  };
}

export default { render };
