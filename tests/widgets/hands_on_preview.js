// Run inside of page.html, which gives key(), wheel(), pointer(), text(), summary() and die().
const root = el.querySelector(".opsef");
const large = () => [...el.querySelectorAll(".opsef-panels .opsef-canvas")].filter((box) => !box.hidden).map((box) => box.querySelector("canvas"));
const look = () => large().map(summary).map((one) => one.sum);
const thumbs = () => [...el.querySelectorAll(".opsef-pick canvas")].map((canvas) => summary(canvas).sum);
const tags = () => text(".opsef-panels .opsef-canvas:not([hidden]) .opsef-tag").filter(Boolean);
const card = (place) => el.querySelectorAll(".opsef-card")[place];
const control = (label) => el.querySelector(`.opsef-controls [aria-label="${label}"]`);
const put = (input, value) => { input.value = value; input.dispatchEvent(new Event("input", { bubbles: true })); };
const codeLine = () => text(".opsef-code")[0];
const settings = () => JSON.parse(JSON.stringify(state.settings));
const lift = (key) => root.dispatchEvent(new KeyboardEvent("keyup", { key, bubbles: true, cancelable: true }));

outcome.first = { look: look(), thumbs: thumbs(), tags: tags(), code: codeLine(), took: text(".opsef-took"), names: text(".opsef-step"), asked: sent.length };
outcome.unnamed = [...el.querySelectorAll("button, select, input")].filter((b) => !b.textContent && !b.getAttribute("aria-label") && !b.closest("label")).length;

// Looking: the result alone, beside, the step before, held, the scale of the original, the line between both.
key("s"); await wait(60); outcome.beside = [look(), tags()];
key("s"); await wait(60); outcome.alone = [look(), tags()];
key(" "); await wait(60); outcome.heldOriginal = [look(), tags()];
lift(" "); await wait(60); outcome.lifted = look();
key("c"); key(" "); await wait(60); outcome.heldBefore = [look(), tags()];
lift(" "); key("c"); key("v"); await wait(60); outcome.sameScale = look();
key("v"); key("s"); await wait(60); outcome.again = look();
const canvas = large()[0];
pointer("pointerdown", canvas, 0.5, 0.4); pointer("pointermove", canvas, 0.8, 0.4); pointer("pointerup", canvas, 0.8, 0.4);
await wait(60); outcome.dragged = look();
pointer("pointermove", canvas, 0.5, 0.5); await wait(60); outcome.readout = text(".opsef-readout")[0];
outcome.histograms = [...el.querySelectorAll(".opsef-histogram canvas")].map((one) => one.getAttribute("aria-label"));
pointer("pointerleave", canvas, 0.5, 0.5);
root.focus();
for (let n = 0; n < 4; n++) wheel(canvas, 0.5, 0.5, -400);
await wait(60); outcome.zoomed = look();
key("0");

// A slider: many positions at once, one question under way, the newest one next.
card(1).querySelector("button").click(); await wait(60);
const size = control("size in px");
outcome.stops = [size.max, size.value, size.getAttribute("aria-valuetext")];
const before = sent.length;
for (const at of [2, 3, 4]) put(size, at);
outcome.waiting = [sent.length - before, text(".opsef-status")[0]];
await wait(300);
outcome.asked = sent.slice(before).map((m) => [m.steps.length, m.steps[0].size_px]);
outcome.moved = { value: text(".opsef-value")[0], thumbs: thumbs(), code: codeLine(), settings: settings(), status: text(".opsef-status")[0] };
put(size, 1); await wait(100); outcome.back = { asked: sent.length - before - outcome.asked.length, thumbs: thumbs() };

// A step off and on again: what is known is not asked for.
const offBefore = sent.length;
key("o"); await wait(200);
outcome.off = { code: codeLine(), thumbs: thumbs(), took: text(".opsef-took"), settings: settings() };
card(1).querySelector("input").click(); await wait(100);
outcome.on = { thumbs: thumbs(), asked: sent.slice(offBefore).map((m) => m.steps.length) };

// Alternatives, and values that do not go together.
card(2).querySelector("button").click(); await wait(60);
const other = el.querySelector('[aria-label="Alternative"]');
outcome.alternatives = [...other.options].map((option) => option.textContent);
other.value = 1; other.dispatchEvent(new Event("change", { bubbles: true })); await wait(200);
outcome.alternative = { code: codeLine(), names: text(".opsef-step") };
const low = control("low percentile");
put(low, low.max); await wait(200);
outcome.problem = { message: text(".opsef-message").filter(Boolean), took: text(".opsef-took"), titles: [...el.querySelectorAll(".opsef-pick")].map((one) => one.title) };
card(3).querySelector("button").click(); await wait(100);
outcome.further = text(".opsef-message").filter(Boolean);
key("ArrowLeft");
el.querySelector(".opsef-reset").click(); await wait(200);
outcome.reset = { code: codeLine(), message: text(".opsef-message").filter(Boolean), took: text(".opsef-took") };

// The width of a notebook, and a kernel that dies.
const wide = large()[0].clientWidth;
el.style.width = "420px"; await wait(100);
outcome.widths = [wide, large()[0].clientWidth, el.scrollWidth];
el.style.width = ""; await wait(100);
die();
key("ArrowLeft"); await wait(60);
put(control("size in px"), 9); await wait(200);
outcome.dead = { note: text(".opsef-note")[0], look: look(), code: codeLine() };
put(control("size in px"), 1); await wait(200);
outcome.known = text(".opsef-note")[0];
outcome.settings = settings();
close();
outcome.listening = Object.values(listeners).flat().length;
