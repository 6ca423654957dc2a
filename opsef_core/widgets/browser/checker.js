// The checker: a question, its options as buttons or a box for a number; what is right is told by the kernel.

const UNSAVED = "The kernel does not answer: this answer is not stored yet. If it was stopped, run the cells from the top again.";
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Text with `code` between backticks; blank lines part paragraphs. */
function prose(text) {
  return text.split(/\n\s*\n/).map((paragraph) => element("p", {}, ...inline(paragraph.replace(/\s*\n\s*/g, " "))));
}

function inline(text) {
  return text.split("`").map((part, n) => (n % 2 ? element("code", { text: part }) : part));
}

function render({ model, el }) {
  const about = model.get("about"), isGuess = about.kind === "guess", isNumber = !about.options.length;
  // `asked` is the answer the kernel was told and has not judged.
  const now = { asked: null, since: performance.now(), patience: 0 };
  const name = `opsef-${Math.random().toString(36).slice(2)}`; // there may be several on a page

  // --- the page -----------------------------------------------------------------------------------------------

  const note = element("div", { class: "opsef-note", role: "alert" });
  const box = isNumber && element("input", { type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", "aria-labelledby": name, class: "opsef-number" });
  const send = isNumber && element("button", { type: "submit", class: "opsef-do", text: isGuess ? "Guess" : "Answer" });
  const buttons = about.options.map(({ value, text }, place) => makeButton(value, text, place));
  const result = element("div", { class: "opsef-result", role: "status", "aria-live": "polite" });
  const body = isNumber
    ? element("form", { class: "opsef-form", onsubmit: (event) => { event.preventDefault(); giveNumber(); } }, box, about.unit ? element("span", { class: "opsef-soft", text: about.unit }) : null, send)
    : element("div", { class: "opsef-options", role: "group", "aria-labelledby": name }, ...buttons.map((one) => one.box));
  const root = element("div", { class: `opsef opsef-checker${isGuess ? " opsef-guess" : ""}`, "data-lm-suppress-shortcuts": "true", onkeydown: onKey },
    element("div", { class: "opsef-kind", text: isGuess ? "Guess first" : "Question" }),
    element("div", { class: "opsef-prompt", id: name }, ...prose(about.prompt)),
    body, note, result);
  el.append(root);

  function makeButton(value, text, place) {
    const mark = element("span", { class: "opsef-letter", "aria-hidden": "true" });
    const state = element("span", { class: "opsef-state" });
    const box = element("button", { type: "button", class: "opsef-option", onclick: () => give(value) },
      mark, element("span", { class: "opsef-text" }, ...inline(text)), state);
    return { box, mark, state, value, letter: LETTERS[place] || "·" };
  }

  // --- what is shown ------------------------------------------------------------------------------------------

  function update() {
    const told = model.get("told");
    const locked = told.closed || now.asked !== null;
    buttons.forEach((one) => showButton(one, told, locked));
    if (isNumber) {
      box.disabled = send.disabled = locked;
      const last = told.tries[told.tries.length - 1];
      if (last && !box.value) box.value = last.answer;
    }
    const waiting = now.asked !== null;
    root.setAttribute("aria-busy", String(waiting));
    result.replaceChildren(...(told.headline ? resultOf(told) : []));
  }

  /** A button says in words what it is: chosen, right, wrong. */
  function showButton({ box, mark, state, value, letter }, told, locked) {
    const tries = told.tries.filter((one) => one.answer === value);
    const isRight = told.right === value, chosen = tries.length > 0;
    const isWrong = !isRight && tries.some((one) => one.right === false);
    const first = chosen && told.tries[0].answer === value && told.tries.length > 1;
    box.className = `opsef-option${isRight ? " opsef-right" : ""}${isWrong ? " opsef-wrong" : ""}${chosen ? " opsef-chosen" : ""}${now.asked === value ? " opsef-asked" : ""}`;
    box.setAttribute("aria-pressed", String(chosen || now.asked === value));
    box.disabled = locked || isWrong;
    mark.textContent = isRight ? "✓" : isWrong ? "✗" : letter;
    const words = [isRight ? (isGuess ? "came out" : "right") : isWrong && !isGuess ? "not right" : ""];
    if (chosen && (isGuess || isRight)) words.push(isGuess ? "your guess" : first ? "your first answer" : "your answer");
    state.textContent = words.filter(Boolean).join(", ");
  }

  function resultOf(told) {
    const last = told.tries[told.tries.length - 1], verdict = last && last.right;
    const sign = verdict === true ? "✓" : verdict === false ? "✗" : "•";
    const kind = verdict === true ? "opsef-good" : verdict === false ? "opsef-bad" : "opsef-open";
    return [element("div", { class: `opsef-verdict ${kind}` }, element("span", { class: "opsef-sign", "aria-hidden": "true", text: sign }), element("b", {}, ...inline(told.headline))),
      ...told.lines.flatMap(prose)];
  }

  // --- what a person does -------------------------------------------------------------------------------------

  function giveNumber() {
    const text = box.value.trim().replace(",", ".");
    if (text === "" || !Number.isFinite(Number(text))) {
      note.textContent = "Please give a number.";
      box.focus();
    } else give(text);
  }

  /** Say it to the kernel; it counts when the kernel has stored it. */
  function give(answer) {
    if (now.asked !== null || model.get("told").closed) return;
    now.asked = answer;
    note.textContent = "";
    const sent = tell(model, { kind: "answer", answer, seconds: (performance.now() - now.since) / 1000 });
    clearTimeout(now.patience);
    now.patience = setTimeout(() => problem(UNSAVED), sent ? PATIENCE_MS : 0);
    update();
  }

  /** 1, 2, ... or A, B, ... choose; the arrows go from button to button. */
  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === box) return void event.stopPropagation();
    const place = /^[1-9]$/.test(event.key) ? event.key - 1 : LETTERS.indexOf(event.key.toUpperCase());
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step) move(step, event);
    else if (event.key.length === 1 && place >= 0 && buttons[place] && !event.repeat) {
      event.preventDefault();
      event.stopPropagation();
      if (!buttons[place].box.disabled) give(buttons[place].value);
    }
  }

  function move(step, event) {
    const open = buttons.filter((one) => !one.box.disabled).map((one) => one.box);
    if (!open.length) return;
    event.preventDefault();
    event.stopPropagation();
    const at = open.indexOf(root.getRootNode().activeElement);
    open[(at + step + open.length) % open.length].focus();
  }

  // --- the kernel ---------------------------------------------------------------------------------------------

  function onMessage(message) {
    if (message.kind === "told") {
      model.set("told", message); // the trait comes by another way, and later
      settled();
    } else if (message.kind === "problem") problem(message.text);
  }

  function settled() {
    clearTimeout(now.patience);
    now.asked = null;
    note.textContent = "";
    update();
  }

  function problem(text) {
    clearTimeout(now.patience);
    now.asked = null;
    update();
    note.textContent = text;
  }

  model.on("msg:custom", onMessage);
  model.on("change:told", settled);
  update();

  return () => {
    clearTimeout(now.patience);
    model.off("msg:custom", onMessage);
    model.off("change:told", settled);
  };
}

export default { render };
