// The controls of a step: sliders, boxes, ticks, lists.

const valueText = (control, value) => (value === null ? "none" : `${value}${control.unit ? `\u00a0${control.unit}` : ""}`);

/** The control of one parameter; `set` is called with each new value, `given` is where a double-click goes back to. */
function parameterControl(control, value, given, suggested, set) {
  const label = `${control.label}${control.unit ? ` in ${control.unit}` : ""}`;
  const told = element("output", { class: "opsef-value" });
  const start = given ?? (control.kind === "slider" ? middleOf(control.stops) : suggested);
  const made = { slider, box, tick, choice: list, fixed }[control.kind](control, value, label, (now) => {
    told.textContent = control.kind === "slider" ? valueText(control, now) : "";
    set(now);
  }, start);
  told.textContent = ["slider", "fixed"].includes(control.kind) ? valueText(control, value) : control.unit;
  const name = element("span", { class: "opsef-name", text: control.label });
  if (control.kind === "tick") return element("label", { class: "opsef-control opsef-tick", title: control.help }, made, name);
  if (!control.optional) return element("label", { class: "opsef-control", title: control.help }, name, told, made);
  return optional(control, value, start, set, { made, name, told });
}

/** A stop to begin with where none was given. */
function middleOf(stops) {
  const wanted = Math.sqrt(Math.max(stops[0], 0) * stops[stops.length - 1]);
  return stops.find((stop) => stop >= wanted) ?? stops[stops.length - 1];
}

/** A parameter that may be none has a tick before its name. */
function optional(control, value, start, set, { made, name, told }) {
  const input = made.querySelector("input, select") || made;
  let last = value ?? start;
  input.disabled = value === null;
  input.addEventListener("input", () => { last = control.kind === "slider" ? control.stops[input.value] : last; });
  const tick = element("input", {
    type: "checkbox", "aria-label": `Set ${control.label}`, onchange: () => {
      input.disabled = !tick.checked;
      if (control.kind === "box" && tick.checked && Number.isFinite(Number(input.value)) && input.value !== "") last = Number(input.value);
      const now = tick.checked ? last : null;
      told.textContent = control.kind === "slider" || now === null ? valueText(control, now) : control.unit;
      set(now);
    },
  });
  tick.checked = value !== null;
  told.textContent = control.kind === "slider" || value === null ? valueText(control, value) : control.unit;
  return element("div", { class: "opsef-control", title: control.help }, element("label", { class: "opsef-tick" }, tick, name), told, made);
}

function slider(control, value, label, set, start) {
  const { stops } = control;
  const nearest = (wanted) => stops.reduce((best, stop, at) => (Math.abs(stop - wanted) < Math.abs(stops[best] - wanted) ? at : best), 0);
  const move = (at) => {
    input.value = at;
    input.setAttribute("aria-valuetext", valueText(control, stops[at]));
  };
  const input = element("input", {
    type: "range", min: 0, max: stops.length - 1, step: 1, "aria-label": label,
    oninput: () => { move(input.value); set(stops[input.value]); },
    ondblclick: () => { move(nearest(start)); set(stops[input.value]); },
  });
  move(nearest(value ?? start));
  return input;
}

function box(control, value, label, set, start) {
  const input = element("input", {
    type: "number", step: control.whole ? 1 : "any", min: control.least, max: control.most, "aria-label": label,
    oninput: () => {
      const now = Number(input.value), good = input.value.trim() !== "" && Number.isFinite(now) && !(control.whole && now % 1);
      input.setAttribute("aria-invalid", String(!good));
      if (good) set(now);
    },
  });
  input.value = value ?? start;
  return input;
}

function tick(control, value, label, set) {
  const input = element("input", { type: "checkbox", "aria-label": label, onchange: () => set(input.checked) });
  input.checked = value;
  return input;
}

function list(control, value, label, set, start) {
  const input = element("select", { "aria-label": label, onchange: () => set(control.choices[input.value]) },
    ...control.choices.map((word, at) => element("option", { value: at, text: word })));
  input.value = control.choices.indexOf(value ?? start ?? control.choices[0]);
  return input;
}

function fixed() {
  return element("span");
}

/**
 * What stands beside the picture of a step: its name, what it does, alternatives, parameters.
 *
 * one: {option, values} as they are set; `suggested` a number to begin with where a parameter had none; `act` has
 * `value(name, value)` and `option(number)`, which also sets the first values again.
 */
function stepControls(place, options, one, suggested, act) {
  const option = options[one.option];
  const made = option.controls.map((control) =>
    parameterControl(control, one.values[control.name], option.values[control.name], suggested, (value) => act.value(control.name, value)));
  const parts = [element("h4", { text: `${place} ${option.step}` }), element("p", { text: option.summary })];
  if (options.length > 1) {
    const other = element("select", { "aria-label": "Alternative", onchange: () => act.option(Number(other.value)) },
      ...options.map(({ title }, number) => element("option", { value: number, text: title })));
    other.value = one.option;
    parts.push(element("label", { class: "opsef-control" }, element("span", { class: "opsef-name", text: "alternative" }), element("output"), other));
  }
  parts.push(...made);
  if (made.length) parts.push(element("button", { type: "button", class: "opsef-toggle opsef-reset", text: "Reset", title: "As it was given", onclick: () => act.option(one.option) }));
  return parts;
}
