// Small pieces of a page.

/** An element with attributes and children; a function under "on..." listens, `null` and `false` leave one out. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "text") made.textContent = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A button that says with `aria-pressed` whether it is on. */
function toggle(label, title, act) {
  return element("button", { type: "button", class: "opsef-toggle", title, text: label, "aria-pressed": "false", onclick: act });
}

/** A row of toggles of which one is on. */
function choice(label, options, act) {
  const buttons = options.map(([value, text, title]) => [value, toggle(text, title, () => act(value))]);
  const group = element("div", { class: "opsef-choice", role: "group", "aria-label": label }, ...buttons.map(([, b]) => b));
  const show = (now) => buttons.forEach(([value, b]) => b.setAttribute("aria-pressed", String(value === now)));
  return { group, show };
}

/** "wheel|zoom" pairs as one line of help. */
function helpLine(...pairs) {
  const parts = pairs.map((pair) => {
    const [keys, does] = pair.split("|");
    return element("span", {}, ...keys.split(" ").map((key) => element("kbd", { text: key })), ` ${does}`);
  });
  return element("div", { class: "opsef-help", "aria-label": "Keys and mouse" }, ...parts);
}

/** Run `act` once in the next frame, however often it is asked for. */
function oncePerFrame(act) {
  let asked = 0;
  const ask = () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      act();
    });
  };
  ask.cancel = () => cancelAnimationFrame(asked);
  return ask;
}
