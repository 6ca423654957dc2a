// Run inside of page.html on an image of 2048 x 2048 pixels with 1521 objects: what one edit costs.
const canvas = canvases()[0], root = el.querySelector(".opsef");
let paths = 0; // outlines that are traced, or put together for a tile
const Plain = window.Path2D;
window.Path2D = class extends Plain { constructor(...given) { super(...given); paths++; } };
const place = (x, y) => { const s = canvas.clientHeight / 2048; return { ...at(canvas, 0.5 + ((x - 1024) * s) / canvas.clientWidth, y / 2048), pointerId: 1, button: 0 }; };
const event = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type, place(x, y)));
const press = (name) => root.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
/** Milliseconds of an act itself, until it is drawn, and how many paths were made. */
const timed = async (act) => {
  await frame();
  paths = 0;
  const began = performance.now();
  act();
  const acted = performance.now() - began;
  await frame(); await later(0);
  return [acted, performance.now() - began, paths];
};
for (let n = 0; n < 100 && !canvas.getAttribute("aria-label").includes("objects"); n++) await wait(200);
outcome.first = canvas.getAttribute("aria-label");
press("b");
outcome.strokes = [];
for (let i = 0; i < 4; i++) {
  const x = 40 + 52 * (4 + i), y = 40 + 52 * 10;
  outcome.strokes.push(await timed(() => {
    event("pointermove", x, y);
    event("pointerdown", x, y);
    for (let n = 1; n <= 10; n++) event("pointermove", x + 2.6 * n, y + 2 * n);
    event("pointerup", x + 26, y + 20);
  }));
}
press("x");
outcome.deletes = [];
for (let i = 0; i < 4; i++) {
  const x = 40 + 52 * (20 + i), y = 40 + 52 * 20;
  outcome.deletes.push(await timed(() => { event("pointermove", x, y); event("pointerdown", x, y); event("pointerup", x, y); }));
}
outcome.last = canvas.getAttribute("aria-label");
outcome.whole = await timed(() => press("0"));
await wait(1300);
