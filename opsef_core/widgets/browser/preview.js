// The preview: a row of pictures, one a step; the chosen one large beside what it is compared with; its sliders.

const VIEWS = [["split", "Split", "Before and after in one picture, with a line that can be dragged (s)"],
  ["beside", "Side by side", "Before and after beside each other (s)"], ["one", "After", "The result alone (s); hold space for the other"]];
const AGAINST = [["original", "Original", "Compare with the original (c)"], ["before", "Step before", "Compare with the step before (c)"]];
const SCALES = [["own", "Own", "Each picture stretched to its own contrast (v)"],
  ["same", "As original", "All pictures with the black and white of the original: shows what became brighter or darker (v)"]];
const GRIP = 12; // pixels within which the line is taken hold of

function render({ model, el }) {
  const about = model.get("about"), start = about.start, count = about.places.length;
  const copied = (value) => JSON.parse(JSON.stringify(value));
  const now = {
    settings: copied(model.get("settings")), region: [...model.get("region")],
    chosen: count, view: "split", against: "original", scale: "own", split: 0.5, held: false, pointer: null,
  };
  const shown = []; // of each place the last picture there was: it stays until the next one comes
  let touched = false, answered = false;
  const draw = oncePerFrame(drawAll);
  const view = new View(draw);
  const looks = new Cache(model, () => update());
  const asker = new Asker(model, nextQuestion, () => update());

  // --- what is known ------------------------------------------------------------------------------------------

  const optionAt = (place, settings = now.settings) => about.places[place - 1].options[settings[place - 1].option];

  /** What is asked for at a place, 0 is the original: the steps up to it that are on. */
  function questionAt(place, settings = now.settings, region = now.region) {
    const steps = settings.slice(0, place).flatMap((one, at) => (one.on ? [{ step: optionAt(at + 1, settings).step, ...one.values }] : []));
    return { kind: "ask", name: JSON.stringify([region, steps]), region, steps };
  }

  const nameAt = (place) => questionAt(place).name;
  const reference = () => (now.against === "before" ? Math.max(now.chosen - 1, 0) : 0);

  /** What is looked at first, then the rest of the row. */
  function nextQuestion() {
    const order = [now.chosen, reference(), ...Array.from({ length: count + 1 }, (_, place) => place)];
    return order.map((place) => questionAt(place)).find(({ name }) => !looks.entries.has(name)) || null;
  }

  /** An answer of the kernel; a problem is kept as one. */
  function take(answer, name = answer.name) {
    if (answer.kind === "picture") looks.put(name, openLook(answer));
    else if (answer.kind === "problem") looks.put(name, Promise.resolve({ problem: answer.text, at: answer.at }));
  }

  /** The picture or the problem at a place; stale if it is still that of other settings. */
  function stateAt(place) {
    const value = looks.peek(nameAt(place));
    if (value && !value.problem) shown[place] = value;
    return { look: shown[place] || null, fresh: Boolean(value), problem: value && value.problem ? sentence(value, place) : "" };
  }

  /** Why there is no picture; of a step further up only where to look. */
  function sentence({ problem, at }, place) {
    const on = now.settings.flatMap((one, number) => (one.on ? [number + 1] : []));
    const failed = at === null || at === undefined ? null : on[at];
    return failed === null || failed === place ? problem : `Step ${failed}, ${optionAt(failed).step}, cannot be done; see there.`;
  }

  // --- the page -----------------------------------------------------------------------------------------------

  const root = element("div", { class: "opsef opsef-preview", tabindex: 0, role: "group", "aria-label": `Preview of ${about.image}`, "data-lm-suppress-shortcuts": "true", onkeydown: onKey, onkeyup: onKeyUp });
  const viewChoice = choice("View", VIEWS, (value) => set({ view: value }));
  const againstChoice = choice("Compare with", AGAINST, (value) => set({ against: value }));
  const scaleChoice = choice("Contrast", SCALES, (value) => set({ scale: value }));
  const status = element("span", { class: "opsef-status", role: "status", "aria-live": "polite" });
  const note = element("div", { class: "opsef-note", role: "alert" });
  const cards = Array.from({ length: count + 1 }, (_, place) => stepCard(place, () => set({ chosen: place }), (on) => turn(place, on)));
  const panels = [makePanel(), makePanel()];
  const joint = element("canvas"); // before and after in one
  const grid = element("div", { class: "opsef-panels" }, ...panels.map((panel) => panel.box));
  const controls = element("div", { class: "opsef-controls" });
  const histograms = [histogramBox(), histogramBox()];
  const map = about.overview && about.overview.byteLength ? regionMap(about, (region) => change({ region })) : null;
  const code = element("code", { class: "opsef-code", tabindex: 0, "aria-label": "The recipe as code" });
  const copy = element("button", { type: "button", class: "opsef-toggle", text: "Copy", title: "Copy this line", onclick: () => copyLine(code, copy) });
  const readout = element("div", { class: "opsef-readout" });
  const labelled = (text, part) => element("span", { class: "opsef-labelled" }, element("span", { text }), part);
  root.append(
    element("div", { class: "opsef-bar" }, element("b", { class: "opsef-title", text: about.image }), viewChoice.group,
      labelled("Compare with", againstChoice.group), labelled("Contrast", scaleChoice.group), status),
    note,
    element("div", { class: "opsef-row", role: "group", "aria-label": "Steps" }, ...cards.map((card) => card.box)),
    element("div", { class: "opsef-main" }, grid,
      element("div", { class: "opsef-side" }, controls, element("div", { class: "opsef-histograms" }, ...histograms.map((one) => one.box)),
        map && element("div", { class: "opsef-where" }, element("span", { text: "Region" }), map.box))),
    element("div", { class: "opsef-line" }, code, copy),
    ...about.notes.map((text) => element("div", { class: "opsef-told", text })),
    element("div", { class: "opsef-foot" }, readout,
      helpLine("← →|step", "o|step off, on", "space|hold: before", "s|view", "c|compare with", "v|contrast", "wheel|zoom", "drag|pan", "double-click|all")));
  el.append(root);

  function makePanel() {
    const canvas = element("canvas", { role: "img" });
    const message = element("div", { class: "opsef-message" });
    const left = element("span", { class: "opsef-tag opsef-left" }), right = element("span", { class: "opsef-tag opsef-right" });
    const box = element("div", { class: "opsef-canvas" }, canvas, left, right, message);
    const near = (x) => now.view === "split" && now.chosen > 0 && Math.abs(x - now.split * view.panel.width) < GRIP;
    const follow = ([x]) => set({ split: Math.min(Math.max(x / view.panel.width, 0), 1) });
    handle(canvas, view, root, {
      pointed: (at) => {
        now.pointer = at && { canvas, at };
        canvas.classList.toggle("opsef-grip", Boolean(at) && near(at[0]));
        draw();
      },
      hand: { begin: (at) => near(at[0]) && (follow(at), true), move: follow, end: follow, cancel: () => {} },
    });
    canvas.addEventListener("dblclick", () => view.fit());
    return { box, canvas, message, left, right };
  }

  // --- what is shown ------------------------------------------------------------------------------------------

  const titleAt = (place) => (place ? `${place} ${optionAt(place).step}` : "Original");

  /** Words and ticks, and what can be drawn by now. */
  function update() {
    if (asker.silent && !touched && !answered) fallBack();
    const states = cards.map((_, place) => stateAt(place));
    const waits = states.some((state) => !state.fresh);
    say(note, asker.silent && waits ? NO_ANSWER : "");
    say(status, waits && asker.flying !== null ? "Computing …" : "");
    cards.forEach((card, place) => {
      const option = place ? optionAt(place) : { step: "Original", title: "The image without any step" };
      card.show({ ...states[place], ...option, chosen: place === now.chosen, off: place > 0 && !now.settings[place - 1].on });
    });
    viewChoice.show(now.view);
    againstChoice.show(now.against);
    scaleChoice.show(now.scale);
    say(code, codeOf());
    if (map) map.show(now.region);
    draw();
  }

  /** The controls of the chosen step; made anew when it is another one. */
  function build() {
    const place = now.chosen, one = place && now.settings[place - 1];
    controls.replaceChildren(...(place
      ? stepControls(place, about.places[place - 1].options, one, shown[0] ? +shown[0].most.toPrecision(3) : 255, {
        value: (name, value) => change({ place, values: { ...now.settings[place - 1].values, [name]: value } }),
        option: (option) => alternative(place, option),
      })
      : [element("h4", { text: "Original" }),
        element("p", { text: `${about.size[0]} × ${about.size[1]} px${about.um ? `, ${+about.um.toPrecision(3)} µm a pixel` : ""}. Choose a step to set its parameters.` })]));
  }

  function layout() {
    const two = now.view === "beside" && now.chosen > 0, [high, wide] = about.region;
    panels[1].box.hidden = !two;
    grid.style.gridTemplateColumns = two ? "repeat(2, minmax(0, 1fr))" : "minmax(0, 1fr)";
    const room = Math.max(grid.clientWidth, 160), width = two ? (room - 8) / 2 : room;
    const most = Math.min(Math.max(window.innerHeight * 0.7, 320), 640);
    view.show(wide, high);
    view.resize(Math.floor(width), Math.round(Math.max(Math.min((width * high) / wide, most), 120)));
    draw();
  }

  const pictureOf = (look) => look && (now.scale === "same" && shown[0] ? onScaleOf(look, shown[0]) : look.canvas);

  function drawAll() {
    const after = stateAt(now.chosen), before = stateAt(reference());
    const alone = now.chosen === 0 || now.view === "one", held = now.held && now.chosen > 0;
    const names = [titleAt(reference()), titleAt(now.chosen)];
    panels.forEach((panel, number) => {
      if (panel.box.hidden) return;
      const beside = now.view === "beside" && now.chosen > 0;
      const first = held || (beside && number === 0);
      const state = first ? before : after, half = now.view === "split" && !alone && !held;
      const picture = half && after.look ? halves(joint, pictureOf(before.look), pictureOf(after.look), view.toImage(now.split * view.panel.width, 0)[0]) : pictureOf(state.look);
      paint(panel.canvas, view, { picture: state.problem ? null : picture, step: 1, um: about.um, found: null, truth: null, outlines: "off" });
      if (half && !after.problem && picture) splitLine(panel.canvas, view, now.split);
      say(panel.left, half ? names[0] : names[first ? 0 : 1]);
      say(panel.right, half ? names[1] : "");
      const message = state.problem || (state.look ? "" : asker.silent ? "This is not loaded." : "Loading …");
      if (panel.message.textContent !== message) panel.message.replaceChildren(...(message ? [element("span", { text: message })] : []));
      panel.canvas.classList.toggle("opsef-stale", !state.fresh && asker.silent); // of other settings
      panel.canvas.setAttribute("aria-label", `${half ? names.join(" | ") : panel.left.textContent}${message ? `: ${message}` : ""}`);
    });
    cards.forEach((card, place) => card.draw(pictureOf(shown[place])));
    compareValues(before, after, names);
    read(before.look, after.problem ? null : after.look);
  }

  let compared = "";

  function compareValues(before, after, names) {
    const all = [before.look, after.problem ? null : after.look];
    const state = JSON.stringify([names, all.map((look) => look && [look.name, look.counts[0].length]), nameAt(now.chosen), nameAt(reference()), histograms[0].box.clientWidth, all.map((look) => look && look.most)]);
    if (state === compared) return;
    compared = state;
    const alone = now.chosen === 0 || !all[1] || !all[0];
    histograms[0].box.hidden = !all[0];
    histograms[1].box.hidden = alone;
    if (!all[0]) return;
    const axes = alone ? [[all[0].least, all[0].most]] : histogramAxes(...all);
    histograms[0].show(`Values: ${names[0].toLowerCase()}`, all[0], axes[0]);
    if (!alone) histograms[1].show(names[1], all[1], axes[1]);
  }

  /** Row and column in the whole image, and the values there. */
  function read(before, after) {
    if (!now.pointer) return void say(readout, "");
    const [x, y] = view.toImage(...now.pointer.at).map(Math.floor), [high, wide] = about.region;
    if (x < 0 || y < 0 || x >= wide || y >= high) return void say(readout, "");
    const values = [before, now.chosen ? after : null].filter(Boolean).map((look) => valueAt(look, x, y));
    say(readout, `row ${now.region[0] + y}, column ${now.region[1] + x} · ${values.join(" → ")}`);
  }

  function say(place, text) {
    if (place.textContent !== text) place.textContent = text;
  }

  // --- what a person does -------------------------------------------------------------------------------------

  /** Another look at the same settings. */
  function set(some) {
    const other = "chosen" in some && some.chosen !== now.chosen;
    Object.assign(now, some);
    if (other) build();
    if (other || "view" in some) layout();
    if (!("split" in some)) {
      asker.nudge(true);
      update();
    } else draw();
  }

  /** Other settings: what is wanted now is asked for as soon as the last answer is there. */
  function change({ place, values, on, option, region }) {
    touched = true;
    if (region) now.region = region;
    if (place) {
      const one = now.settings[place - 1];
      const set = { option: option ?? one.option, on: on ?? one.on, values: values ?? one.values };
      now.settings = now.settings.map((old, at) => (at === place - 1 ? set : old));
    }
    if (region) keep(model, "region", now.region);
    else keep(model, "settings", copied(now.settings));
    asker.nudge(true);
    update();
  }

  function turn(place, on) {
    change({ place, on });
    set({ chosen: place });
  }

  function alternative(place, option) {
    change({ place, option, values: copied(about.places[place - 1].options[option].values), on: true });
    build();
  }

  function codeOf() {
    const steps = now.settings.flatMap((one, at) => (one.on ? [stepCode(optionAt(at + 1).step, one.values, optionAt(at + 1).controls)] : []));
    return `recipes = grid(${steps.join(", ")})`;
  }

  function onKey(event) {
    const { tagName: tag, type } = event.target;
    if (tag === "SELECT" || type === "number" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (type === "range" && !" oscv".includes(event.key)) return; // the slider's own
    if (event.key === " " && (tag === "BUTTON" || type === "checkbox") && event.target.matches(":focus-visible")) return;
    const next = (options, value) => options[(options.findIndex(([one]) => one === value) + 1) % options.length][0];
    const act = {
      " ": () => !now.held && hold(true),
      ArrowLeft: () => set({ chosen: Math.max(now.chosen - 1, 0) }),
      ArrowRight: () => set({ chosen: Math.min(now.chosen + 1, count) }),
      o: () => now.chosen && turn(now.chosen, !now.settings[now.chosen - 1].on),
      s: () => set({ view: next(VIEWS, now.view) }),
      c: () => set({ against: next(AGAINST, now.against) }),
      v: () => set({ scale: next(SCALES, now.scale) }),
      "+": () => view.zoom(1.4),
      "-": () => view.zoom(1 / 1.4),
      0: () => view.fit(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  function hold(held) {
    now.held = held;
    draw();
  }

  function onKeyUp(event) {
    if (event.key !== " " || !now.held) return;
    event.preventDefault();
    hold(false);
  }

  /** Without a kernel what the notebook kept. */
  function fallBack() {
    touched = true;
    Object.assign(now, { settings: copied(start.settings), region: [...start.region] });
    build();
  }

  // --- the kernel ---------------------------------------------------------------------------------------------

  const onMessage = (message, buffers) => {
    answered = true;
    take(withBuffers(message, buffers));
    asker.answered(message.name);
  };
  const onSettings = () => {
    const [settings, region] = [model.get("settings"), model.get("region")];
    if (JSON.stringify([settings, region]) === JSON.stringify([now.settings, now.region])) return;
    Object.assign(now, { settings: copied(settings), region: [...region] });
    build();
    asker.nudge(true);
    update();
  };
  const onBlur = () => now.held && hold(false);
  model.on("msg:custom", onMessage);
  model.on("change:settings", onSettings);
  model.on("change:region", onSettings);
  root.addEventListener("focusout", onBlur);
  const fit = oncePerFrame(layout); // not within the observer's own round
  const watch = new ResizeObserver(fit);
  watch.observe(el);

  // The n-th kept picture is that after n steps of those that are on.
  const kept = [0, ...start.settings.flatMap((one, at) => (one.on ? [at + 1] : []))];
  model.get("first").forEach((answer, at) => take(answer, questionAt(kept[at], start.settings, start.region).name));
  build();
  layout();
  asker.nudge();
  update();

  return () => {
    asker.stop();
    watch.disconnect();
    draw.cancel();
    fit.cancel();
    model.off("msg:custom", onMessage);
    model.off("change:settings", onSettings);
    model.off("change:region", onSettings);
  };
}

export default { render };
