// Run inside of page.html: zoom and pan, and that a hand still meets the pixel it points at; the keys of contour assist.
const canvas = canvases()[0], root = el.querySelector(".opsef");
const emit = (message) => (listeners["msg:custom"] || []).forEach((act) => act(message, []));
const suggestion = answers.find(([question]) => question.kind === "the suggestion")[1];
const plainSend = model.send;
model.send = (message) => {
  plainSend(message);
  if (message.kind === "suggest") counted(later(10)).then(() => emit({ ...suggestion, number: message.number, method: message.method }));
};
const asked = () => sent.filter((m) => m.kind === "suggest").pop();
const press = async (name, type = "keydown") => { root.dispatchEvent(new KeyboardEvent(type, { key: name, bubbles: true, cancelable: true })); await wait(40); };
const box = () => canvas.getBoundingClientRect();
const drag = async (from, to) => {
  const event = (type, [x, y]) => canvas.dispatchEvent(new PointerEvent(type, { clientX: box().left + x, clientY: box().top + y, bubbles: true, cancelable: true, pointerId: 1, button: 0 }));
  event("pointermove", from); event("pointerdown", from);
  if (to) event("pointermove", to);
  event("pointerup", to || from);
  await wait(40);
};
const clicked = async (place) => { await drag(place); return asked().points[0]; };
const place = [canvas.clientWidth * 0.4, canvas.clientHeight * 0.4], aside = [place[0] + 100, place[1] + 50];

outcome.whole = [await clicked(place), await clicked(aside)];
for (let n = 0; n < 4; n++) { wheel(canvas, 0.4, 0.4, -120); await wait(40); }
outcome.zoomed = [await clicked(place), await clicked(aside)];
const asksBefore = sent.filter((m) => m.kind === "suggest").length;
await press(" ");
await drag(aside, [aside[0] - 30, aside[1] - 20]);
await press(" ", "keyup");
outcome.asksOfPanning = sent.filter((m) => m.kind === "suggest").length - asksBefore;
outcome.panned = [await clicked(place), await clicked(aside)];
await press("0");
outcome.fitted = [await clicked(place), await clicked(aside)];

outcome.method = asked().method;
await press("u"); await wait(100);
outcome.inverse = asked().inverted;
await press("u"); await wait(100);
outcome.again = asked().inverted;
await press("g"); await wait(100);
outcome.tightened = [asked().method, asked().points.length];
await press("Escape");
outcome.offers = el.querySelector(".opsef-offers").hidden;
