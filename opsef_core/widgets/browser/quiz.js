// The quiz: a board of tiles, real and fake. Which are fake is told by the kernel, after the answer.

const percent = (x) => (x === null || x === undefined ? "–" : `${(100 * x).toFixed(1)}\u00a0%`);
const PENDING = "The kernel does not answer: the marks are not judged yet. If it was stopped, run this cell again.";

function render({ model, el }) {
  const about = model.get("about");
  const side = about.side, count = side * side;
  // `told` is the kernel's judgement of this board; `asked` what it was asked for and has not answered.
  const now = { board: null, marked: new Set(), cursor: 0, told: null, asked: null, since: 0 };

  // --- the page -----------------------------------------------------------------------------------------------

  const where = element("span", { class: "opsef-where" });
  const marked = element("span", { class: "opsef-marked" });
  const note = element("div", { class: "opsef-note", role: "alert" });
  const message = element("div", { class: "opsef-message" }, element("span", { text: "Loading …" }));
  const tiles = Array.from({ length: count }, (_, place) => makeTile(place));
  const board = element("div", { class: "opsef-board", role: "group", "aria-label": "Tiles", style: `--side: ${side}` }, ...tiles.map((tile) => tile.box), message);
  const check = element("button", { type: "button", class: "opsef-do", title: "Judge the marks (enter)", text: "Check", onclick: askCheck });
  const next = element("button", { type: "button", class: "opsef-do", title: "Another board (n)", text: "Next board", onclick: askNext });
  const clear = element("button", { type: "button", class: "opsef-toggle", title: "Remove all marks", text: "Clear", onclick: () => { now.marked.clear(); update(); } });
  const result = element("div", { class: "opsef-result", role: "status", "aria-live": "polite" });
  const root = element("div", { class: "opsef opsef-quiz", tabindex: 0, role: "group", "aria-label": "Fake or real", "data-lm-suppress-shortcuts": "true", onkeydown: onKey },
    element("div", { class: "opsef-bar" }, where, marked, element("span", { class: "opsef-space" }), clear, check, next),
    note,
    element("div", { class: "opsef-both" }, board, result),
    element("div", { class: "opsef-foot" }, element("div", { text: about.stored ? `Answers are stored for ${about.taker}.` : "Answers are not stored." }),
      helpLine("click|mark", "← ↑ ↓ →|move", "space|mark", "enter|check", "n|next board")));
  el.append(root);

  function makeTile(place) {
    const canvas = element("canvas", { width: about.tile_px, height: about.tile_px, "aria-hidden": "true" });
    const tag = element("span", { class: "opsef-tag", "aria-hidden": "true" });
    const box = element("div", { class: "opsef-tile", role: "button", tabindex: place ? -1 : 0, onclick: () => { moveTo(place); mark(place); }, onfocus: () => { now.cursor = place; turn(); } }, canvas, tag);
    return { box, canvas, tag };
  }

  // --- what is shown ------------------------------------------------------------------------------------------

  async function show(answer) {
    const picture = await decodePicture(answer.png), px = about.tile_px;
    Object.assign(now, { board: answer.board, told: null, asked: null, cursor: 0, since: performance.now() });
    now.marked.clear();
    tiles.forEach(({ canvas }, place) => {
      canvas.getContext("2d").drawImage(picture, (place % side) * px, Math.floor(place / side) * px, px, px, 0, 0, px, px);
    });
    message.replaceChildren();
    update();
  }

  function update() {
    const { told } = now, ready = now.board !== null && !told && !now.asked;
    where.replaceChildren(element("b", { text: now.board === null ? "Board" : `Board ${now.board + 1}` }), told ? "" : "  Mark the tiles that are fake.");
    marked.textContent = `${now.marked.size} of ${count} marked`;
    check.disabled = !ready;
    check.hidden = Boolean(told);
    clear.disabled = !ready || !now.marked.size;
    clear.hidden = Boolean(told);
    next.hidden = !told;
    next.disabled = now.asked === "next";
    const fake = told && new Set(told.fake);
    board.classList.toggle("opsef-told", Boolean(told));
    tiles.forEach((tile, place) => showTile(tile, place, now.marked.has(place), fake && fake.has(place)));
    result.replaceChildren(...(told ? resultOf(told) : opening()));
    turn();
  }

  /** A tile before the answer: marked or not; after it: what it is, and a cross where the answer was wrong. */
  function showTile({ box, tag }, place, isMarked, isFake) {
    const judged = isFake !== null, wrong = judged && isMarked !== isFake;
    box.setAttribute("aria-pressed", String(isMarked));
    box.className = `opsef-tile${isMarked ? " opsef-on" : ""}${judged ? (isFake ? " opsef-fake" : " opsef-real") : ""}${wrong ? " opsef-wrong" : ""}`;
    tag.textContent = judged ? (wrong ? "✗" : "") : isMarked ? "fake" : "";
    const words = [`row ${Math.floor(place / side) + 1}, column ${(place % side) + 1}`];
    if (judged) words.push(isFake ? "fake" : "real", `you said ${isMarked ? "fake" : "real"}`);
    box.setAttribute("aria-label", words.join(", "));
  }

  /** One tile can be reached with the tab key: the one that the arrows move. */
  function turn() {
    tiles.forEach(({ box }, place) => {
      box.tabIndex = place === now.cursor ? 0 : -1;
      box.classList.toggle("opsef-cursor", place === now.cursor && root.contains(root.getRootNode().activeElement));
    });
  }

  function opening() {
    return [element("p", { text: "Each tile is a real picture or a fake one, by the toss of a coin. Mark those that you believe to be fake, then check." }),
      element("p", { class: "opsef-soft", text: `${about.published.people} experts were right on ${percent(about.published.accuracy)} of ${about.published.n} tiles (${rangeOf(about.published)} each; Hollandi et al. 2020).` })];
  }

  const rangeOf = ({ worst, best }) => `${Math.round(100 * worst)} to ${Math.round(100 * best)}\u00a0%`;

  function resultOf({ score, verdict, so_far: all }) {
    const lines = [bar("This board", score, "opsef-own")];
    if (all.boards > 1) lines.push(bar(`Your ${all.boards} boards`, all, "opsef-own"));
    lines.push(bar("Experts, 2020", about.published, ""));
    return [
      element("div", { class: "opsef-right" }, element("b", { text: percent(score.accuracy) }), ` right: ${score.fake_as_fake + score.real_as_real} of ${score.n} tiles`),
      element("div", { class: "opsef-verdict", text: verdict }),
      element("div", { class: "opsef-bars" }, ...lines, axis()),
      element("div", { class: "opsef-numbers" }, matrix(score), element("dl", {},
        element("dt", { text: "Precision of “fake”" }), element("dd", { text: percent(score.precision) }), element("dd", { class: "opsef-soft", text: percent(about.published.precision) }),
        element("dt", { text: "Recall of “fake”" }), element("dd", { text: percent(score.recall) }), element("dd", { class: "opsef-soft", text: percent(about.published.recall) }))),
      element("div", { class: "opsef-legend" }, element("span", {}, element("i", { class: "opsef-fake" }), "was fake"), element("span", {}, element("i", { class: "opsef-real" }), "was real"), element("span", {}, "✗ you were wrong")),
      element("p", { class: "opsef-soft", text: `Grey: ${about.published.people} experts, ${about.published.n} tiles; one by one ${rangeOf(about.published)} (Hollandi et al. 2020). Bars are 95\u00a0% intervals; 50\u00a0% is chance.` }),
    ];
  }

  function bar(label, { accuracy, low, high, worst, best }, name) {
    const span = worst === undefined ? null : element("s", { style: `left: ${100 * worst}%; width: ${100 * (best - worst)}%` });
    return element("div", { class: `opsef-line ${name}` }, element("span", { text: label }),
      element("div", { class: "opsef-interval" }, span, element("i", { style: `left: ${100 * low}%; width: ${100 * (high - low)}%` }), element("b", { style: `left: ${100 * accuracy}%` })),
      element("span", { text: percent(accuracy) }));
  }

  function axis() {
    return element("div", { class: "opsef-line opsef-axis", "aria-hidden": "true" }, element("span"),
      element("div", {}, ...[0, 50, 100].map((at) => element("span", { style: `left: ${at}%`, text: at === 100 ? "100\u00a0%" : at }))), element("span"));
  }

  function matrix(score) {
    const row = (name, ...cells) => element("tr", {}, element("th", { scope: "row", text: name }), ...cells);
    const cell = (n, right) => element("td", { class: right ? "opsef-hit" : "opsef-miss", text: n });
    return element("table", { class: "opsef-matrix" },
      element("thead", {}, element("tr", {}, element("td"), element("th", { scope: "col", text: "said fake" }), element("th", { scope: "col", text: "said real" }))),
      element("tbody", {}, row("was fake", cell(score.fake_as_fake, true), cell(score.fake_as_real, false)),
        row("was real", cell(score.real_as_fake, false), cell(score.real_as_real, true))));
  }

  // --- what a person does -------------------------------------------------------------------------------------

  function mark(place) {
    if (now.board === null || now.told || now.asked) return;
    if (!now.marked.delete(place)) now.marked.add(place);
    update();
  }

  function moveTo(place) {
    now.cursor = place;
    tiles[place].box.focus({ preventScroll: true });
    turn();
  }

  function step(rows, columns) {
    const row = Math.floor(now.cursor / side) + rows, column = (now.cursor % side) + columns;
    if (row >= 0 && row < side && column >= 0 && column < side) moveTo(row * side + column);
  }

  function askCheck() {
    if (now.board === null || now.told || now.asked) return;
    ask({ kind: "check", board: now.board, marked: [...now.marked].sort((a, b) => a - b), seconds: (performance.now() - now.since) / 1000 });
  }

  function askNext() {
    if (now.asked) return;
    if (!now.told) note.textContent = "Check this board first; then comes the next.";
    else ask({ kind: "next" });
  }

  /** Send it and wait; a kernel that does not answer costs a line, and it can be asked again. */
  function ask(question) {
    const mine = (now.asked = question.kind);
    note.textContent = "";
    const sent = tell(model, question);
    clearTimeout(now.patience);
    now.patience = setTimeout(() => {
      if (now.asked !== mine) return;
      now.asked = null;
      note.textContent = mine === "check" ? PENDING : NO_ANSWER;
      update();
    }, sent ? PATIENCE_MS : 0);
    update();
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.tagName === "BUTTON" && (event.key === " " || event.key === "Enter")) return; // the button's own
    const act = {
      ArrowLeft: () => step(0, -1),
      ArrowRight: () => step(0, 1),
      ArrowUp: () => step(-1, 0),
      ArrowDown: () => step(1, 0),
      " ": () => mark(now.cursor),
      Enter: askCheck,
      n: askNext,
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat || event.key.startsWith("Arrow")) act();
  }

  // --- the kernel ---------------------------------------------------------------------------------------------

  function onMessage(told, buffers) {
    const answer = withBuffers(told, buffers);
    now.asked = null;
    note.textContent = "";
    if (answer.kind === "board") show(answer).then(() => moveTo(0), problem);
    else if (answer.kind === "checked") judged(answer);
    else if (answer.kind === "problem") problem(new Error(answer.text));
  }

  function judged(answer) {
    if (answer.board !== now.board) return;
    now.told = answer;
    now.marked = new Set(answer.marked);
    update();
  }

  function problem(error) {
    now.asked = null;
    note.textContent = error.message;
    update();
  }

  root.addEventListener("focusin", turn);
  root.addEventListener("focusout", () => setTimeout(turn));
  model.on("msg:custom", onMessage);
  update();
  const [shown, told] = model.get("first");
  show(shown).then(() => told && judged(told), problem);

  return () => {
    clearTimeout(now.patience);
    model.off("msg:custom", onMessage);
  };
}

export default { render };
