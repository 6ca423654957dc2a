// Run inside of page.html, which gives key(), text(), summary() and die().
const tiles = () => [...el.querySelectorAll(".opsef-tile")];
const on = (name) => tiles().flatMap((tile, place) => (tile.classList.contains(name) ? [place] : []));
const label = () => document.activeElement.getAttribute("aria-label");
outcome.first = [text(".opsef-where b")[0], canvases().map((canvas) => summary(canvas).values), on("opsef-fake"), on("opsef-real")];
outcome.page = el.innerHTML;
key("n"); outcome.early = text(".opsef-note")[0];
key("ArrowRight"); key("ArrowDown"); outcome.moved = label();
key(" ", document.activeElement); outcome.marked = on("opsef-on");
key(" ", document.activeElement); outcome.unmarked = on("opsef-on");
for (let i = 0; i < 9; i++) { key("ArrowLeft"); key("ArrowUp"); }
outcome.corner = label();
[0, 3, 5].forEach((place) => tiles()[place].click());
outcome.clicked = [on("opsef-on"), text(".opsef-marked")[0]];
key("Enter"); await wait(60);
outcome.told = [on("opsef-fake"), on("opsef-real"), on("opsef-wrong"), tiles()[0].getAttribute("aria-label")];
outcome.result = text(".opsef-result")[0];
outcome.matrix = text(".opsef-matrix tbody td");
key(" "); key("Enter"); outcome.locked = on("opsef-on");
const widths = [];
for (const width of ["1000px", "420px"]) { el.style.width = width; await wait(60);
  const [board, result] = [".opsef-board", ".opsef-result"].map((one) => el.querySelector(one).getBoundingClientRect());
  widths.push([el.scrollWidth, board.width, result.top >= board.bottom]); }
outcome.widths = widths;
key("n"); await wait(60);
outcome.second = [text(".opsef-where b")[0], on("opsef-on"), on("opsef-fake"), label()];
die();
key(" "); key("Enter"); await wait(60);
outcome.dead = [text(".opsef-note")[0], on("opsef-on"), on("opsef-fake")];
close(); outcome.listening = Object.values(listeners).flat().length;
