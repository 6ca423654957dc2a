// Run inside of page.html, which gives key(), wheel(), pointer(), text(), wait(), later() and die(). The kernel's answers to
// edits are made here; the test sends the edits to a real kernel and compares.
const plainSend = model.send;
const revisions = {};
const emit = (message) => (listeners["msg:custom"] || []).forEach((act) => act(message, []));
model.send = (message) => {
  const isKnown = message.kind === "open" && message.known !== undefined;
  plainSend(isKnown ? { ...message, image: "" } : message);
  if (isKnown) return void counted(later(10)).then(() => emit({ kind: "opened", image: message.image, revision: message.known }));
  if (message.kind === "edit") revisions[message.image] = message.revision + message.steps.length;
  if (message.kind === "edit") counted(later(10)).then(() => emit({ kind: "saved", image: message.image, revision: revisions[message.image], marks: "1".repeat(state.marks.length) }));
  if (message.kind === "finish") counted(later(10)).then(() => emit({ kind: "saved", image: message.image, revision: revisions[message.image] || 0, marks: "21" }));
  if (message.kind === "suggest") counted(later(10)).then(() => emit({ ...suggestion, number: message.number }));
};
const suggestion = answers.find(([question]) => question.kind === "the suggestion")[1];
const root = el.querySelector(".opsef"), canvas = canvases()[0];
const size = { width: state.first[0].width, height: state.first[0].height };
/** A place of the image as a part of the canvas; all of the image is seen. */
const part = ([x, y]) => { const w = canvas.clientWidth, h = canvas.clientHeight, s = Math.min(w / size.width, h / size.height);
  return [0.5 + ((x - size.width / 2) * s) / w, 0.5 + ((y - size.height / 2) * s) / h]; };
const drag = async (points, more = {}) => {
  const event = (type, point) => canvas.dispatchEvent(new PointerEvent(type, { ...at(canvas, ...part(point)), pointerId: 1, button: 0, ...more }));
  event("pointermove", points[0]);
  event("pointerdown", points[0]);
  for (const point of points.slice(1)) event("pointermove", point);
  event("pointerup", points[points.length - 1]);
  await wait(30);
};
const circle = (x, y, r, n = 40) => Array.from({ length: n + 1 }, (_, i) => [x + r * Math.cos((2 * Math.PI * i) / n), y + r * Math.sin((2 * Math.PI * i) / n)]);
const press = async (name, more = {}) => { root.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...more })); await wait(30); };
const told = () => text(".opsef-said")[0];
const count = () => canvas.getAttribute("aria-label");
const edits = () => sent.filter((m) => m.kind === "edit").flatMap((m) => m.steps);
outcome.first = [count(), text(".opsef-place")[0], summary(canvas), text(".opsef-status")[0], text(".opsef-class")];

// Contour assist: a line round an object, a suggestion, accepted.
await drag(circle(30, 30, 12));
outcome.asked = sent.filter((m) => m.kind === "suggest").pop();
outcome.offered = [text(".opsef-offer-text")[0], el.querySelector(".opsef-offers").hidden, count()];
await press("q");
outcome.accepted = [count(), el.querySelector(".opsef-offers").hidden];
await drag([[30, 70]]); // a click
outcome.click = sent.filter((m) => m.kind === "suggest").pop().points.length;
await press("u");
outcome.inverted = sent.filter((m) => m.kind === "suggest").pop().inverted;
await press("Delete", { ctrlKey: true });
outcome.rejected = [count(), el.querySelector(".opsef-offers").hidden];
await drag([[20, 60], [40, 80]], { shiftKey: true });
outcome.box = sent.filter((m) => m.kind === "suggest").pop().points.length;
await press("Escape");

// Brush: a new object, then the same enlarged; eraser; undo and redo.
await press("b");
await drag([[150, 20], [150, 40]]);
outcome.brushed = count();
await drag([[150, 40], [165, 40]]);
outcome.enlarged = count();
await press("e");
await drag([[165, 40], [165, 41]]);
await press("z", { ctrlKey: true });
await press("z", { ctrlKey: true });
await press("Z", { ctrlKey: true, shiftKey: true });
// Draw, split, merge, class, delete.
await press("d");
await drag(circle(120, 100, 14));
outcome.drawn = count();
await press("s");
await drag([[120, 80], [120, 120]]);
outcome.split = count();
await drag([[120, 80], [120, 84]]);
outcome.notSplit = told();
await press("m");
await drag([[112, 100], [128, 100]]);
outcome.merged = count();
await press("2");
await press("k");
await drag([[120, 100]]);
await press("x");
await drag([[150, 22]]);
outcome.deleted = count();
await wait(1400);
outcome.saved = text(".opsef-status")[0];
outcome.edits = edits().length;
outcome.firstEdit = sent.find((m) => m.kind === "edit");

// The other image, and back: both are as they were left.
await press("ArrowRight"); await wait(200);
outcome.second = [text(".opsef-place")[0], count()];
await press("d");
await drag([[10, 10], [20, 10], [20, 20], [10, 20]]);
await press("ArrowLeft"); await wait(200);
outcome.back = [text(".opsef-place")[0], count(), summary(canvas)];
outcome.leave = sent.filter((m) => m.kind === "leave").map((m) => [m.image, m.seconds > 0]);
await press("o"); outcome.filled = summary(canvas);
await press("o"); outcome.bare = summary(canvas);
await press("o");
await press("Enter"); await wait(100);
outcome.finished = [sent.filter((m) => m.kind === "finish").pop(), text(".opsef-place")[0]];

// The kernel dies: drawing goes on, what is not stored is kept and told.
die();
await press("d");
await drag([[40, 10], [50, 10], [50, 20], [40, 20]]);
await wait(1500);
outcome.dead = [count(), text(".opsef-note")[0], text(".opsef-status")[0]];
outcome.kept = Object.entries(localStorage).filter(([name]) => name.startsWith("opsef-annotations:")).map(([name, value]) => [name.split(":")[1], JSON.parse(value)]);
await drag(circle(60, 30, 8));
await press("c");
await drag([[60, 30]]);
outcome.deadAssist = told();

outcome.sentBefore = [...sent];

// The cell is run again: a new view finds what was kept, and sends it.
close();
alive = true;
el.replaceChildren();
sent.length = 0;
const [image, { revision }] = outcome.kept[0][1][0];
const [, message, buffers] = answers.find(([question]) => question.kind === "open" && question.image === image);
state.first = [{ ...message, buffers: [], revision, ...Object.fromEntries(message.buffers.map((name, i) => [name, buffers[i]])) }];
module.default.render({ model, el });
await wait(400);
outcome.again = [canvases()[0].getAttribute("aria-label"), sent.filter((m) => m.kind === "edit").map((m) => [m.image, m.revision, m.steps.length]), text(".opsef-said")[0]];
await wait(200);
outcome.left = Object.keys(localStorage).filter((name) => name.startsWith("opsef-annotations:"));
