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
