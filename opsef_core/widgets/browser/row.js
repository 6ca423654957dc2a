// The row of small pictures: the original, and one after each step, with a tick that switches it off and on.

const SMALL = 2 * 104; // pixels of the longer side, enough for a fine screen

/** `pick` is called when it is clicked, `turn` with whether the step is on. */
function stepCard(place, pick, turn) {
  const canvas = element("canvas", { width: 1, height: 1, "aria-hidden": "true" });
  const name = element("span", { class: "opsef-step" }), took = element("span", { class: "opsef-took" });
  const tick = place ? element("input", { type: "checkbox", onchange: () => turn(tick.checked) }) : null;
  const button = element("button", { type: "button", class: "opsef-pick", onclick: pick }, canvas);
  const box = element("div", { class: "opsef-card" }, button, element("div", { class: "opsef-under" }, tick, name, took));
  let drawn = null;

  const show = ({ step, title, look, fresh, problem, chosen, off }) => {
    const states = { chosen, off, failed: problem, stale: !fresh };
    box.className = ["opsef-card", ...Object.keys(states).filter((one) => states[one]).map((one) => `opsef-${one}`)].join(" ");
    name.textContent = step;
    took.textContent = !place ? "" : off ? "off" : problem ? "failed" : look && fresh ? secondsText(look.seconds) : "…";
    if (tick) tick.checked = !off;
    if (tick) tick.setAttribute("aria-label", `Step ${place}, ${step}, on`);
    button.setAttribute("aria-pressed", String(chosen));
    button.setAttribute("aria-label", `${place ? `${place} ` : ""}${step}${off ? ", off" : ""}${problem ? `: ${problem}` : ""}`);
    button.title = problem || title;
  };
  const draw = (picture) => {
    if (!picture || picture === drawn) return;
    drawn = picture;
    drawSmall(canvas, picture, SMALL);
  };
  return { box, show, draw };
}

function secondsText(seconds) {
  if (seconds < 0.0095) return "< 10 ms";
  return seconds < 1 ? `${Math.round(100 * seconds) * 10} ms` : `${seconds.toFixed(1)} s`;
}
