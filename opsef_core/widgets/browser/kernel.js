// Questions to the kernel, which may be busy, or gone. Nothing here throws.

const PATIENCE_MS = 6000;
const ROOM = 5e8; // bytes that are kept of what is not shown any more

/** Send a message; whether it could be sent. */
function tell(model, message) {
  try {
    model.send(message);
    return true;
  } catch {
    return false;
  }
}

/** Set a synchronised value; without a kernel it stays here. */
function keep(model, name, value) {
  try {
    model.set(name, value);
    model.save_changes();
  } catch { /* no kernel: the view goes on */ }
}

/**
 * What was loaded, by name. An entry is {state: "waiting" | "late" | "there" | "problem", value, text}.
 *
 * `get(name, question)` gives the entry and asks for it if it is new; one that is late or went wrong is asked for again when
 * `again` is set. `put(name, promise)` fills it. `changed(name)` is called whenever one changes. Values have a `weight` in bytes.
 */
class Cache {
  constructor(model, changed) {
    this.model = model;
    this.changed = changed;
    this.entries = new Map();
  }

  get(name, question, again = false) {
    const known = this.entries.get(name);
    if (known && !(again && known.state !== "there" && known.state !== "waiting")) {
      this.entries.delete(name); // what was used last stands last
      this.entries.set(name, known);
      return known;
    }
    const entry = { state: "waiting" };
    this.entries.set(name, entry);
    const sent = tell(this.model, question);
    setTimeout(() => {
      if (entry.state !== "waiting" || this.entries.get(name) !== entry) return;
      entry.state = "late";
      this.changed(name);
    }, sent ? PATIENCE_MS : 0);
    return entry;
  }

  /** What is there under a name, without asking. */
  peek(name) {
    const entry = this.entries.get(name);
    return entry && entry.state === "there" ? entry.value : null;
  }

  async put(name, promise) {
    if (!this.entries.has(name)) this.entries.set(name, { state: "waiting" });
    let entry;
    try {
      entry = { state: "there", value: await promise };
    } catch (error) {
      entry = { state: "problem", text: String((error && error.message) || error) };
    }
    if (!(entry.state === "problem" && this.peek(name))) this.entries.set(name, entry);
    this.forget();
    this.changed(name);
  }

  /** Let go of what was not used for longest, where there is too much. */
  forget() {
    const weight = (entry) => (entry.value && entry.value.weight) || 0;
    let total = [...this.entries.values()].reduce((sum, entry) => sum + weight(entry), 0);
    for (const [name, entry] of [...this.entries].slice(0, -8)) {
      if (total <= ROOM) return;
      total -= weight(entry);
      this.entries.delete(name);
    }
  }
}

const NO_ANSWER = "The kernel does not answer: it is busy, or was stopped. What is loaded can still be looked at.";
