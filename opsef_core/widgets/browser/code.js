// The recipe as a line of Python.

function pythonValue(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** step("median", size_px=5): what differs from the defaults. */
function stepCode(step, values, controls) {
  const told = controls.filter(({ name, default: usual }) => JSON.stringify(values[name]) !== JSON.stringify(usual));
  return `step(${[JSON.stringify(step), ...told.map(({ name }) => `${name}=${pythonValue(values[name])}`)].join(", ")})`;
}

/** Copy a line; where a page may not, it is selected, so that the keys do it. */
async function copyLine(line, button) {
  try {
    await navigator.clipboard.writeText(line.textContent);
    button.textContent = "Copied";
  } catch {
    const range = document.createRange();
    range.selectNodeContents(line);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    button.textContent = "Press ctrl+c";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2500);
}
