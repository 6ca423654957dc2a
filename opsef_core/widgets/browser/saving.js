// Edits on their way to the kernel. They stay in the browser until the kernel says that they are stored.

const SEND_MS = 1200; // an edit waits for others at most this long
const SPACE = "opsef-annotations:";

/** What the browser keeps over a reload, or nothing where it keeps nothing. */
function browserStore() {
  try {
    localStorage.setItem(`${SPACE}try`, "1");
    localStorage.removeItem(`${SPACE}try`);
    return localStorage;
  } catch {
    return null;
  }
}

/**
 * The edits of a view that are not stored yet.
 *
 * An image has {revision, steps}: so many edits were there before the first of the steps. `changed()` is called when the state
 * changes; `seconds()` gives the seconds of work on the image shown.
 */
class Saver {
  constructor(model, token, seconds, changed) {
    Object.assign(this, { model, seconds, changed });
    this.editor = Math.random().toString(36).slice(2, 10);
    this.prefix = `${SPACE}${token}:`;
    this.store = browserStore();
    this.waiting = new Map();
    this.timer = this.patience = 0;
    this.late = false;
    this.problem = "";
  }

  get count() {
    return [...this.waiting.values()].reduce((sum, { steps }) => sum + steps.length, 0);
  }

  /** An edit of an image that had so many before it. */
  add(image, revision, step) {
    if (!this.waiting.has(image)) this.waiting.set(image, { revision, steps: [], sent: 0, editor: this.editor });
    this.waiting.get(image).steps.push(step);
    this.keep();
    this.timer ||= setTimeout(() => this.flush(), SEND_MS);
    this.changed();
  }

  /** Send what was not sent yet; all that is not stored, if `again`. */
  flush(again = false) {
    clearTimeout(this.timer);
    this.timer = 0;
    let sent = true;
    for (const [image, one] of this.waiting) {
      if (again) one.sent = 0;
      if (one.sent === one.steps.length) continue;
      const { editor, steps } = one;
      sent = tell(this.model, { kind: "edit", image, editor, revision: one.revision + one.sent, steps: steps.slice(one.sent), seconds: this.seconds(image) });
      if (!sent) break;
      one.sent = steps.length;
    }
    if (this.count) this.expect(sent ? PATIENCE_MS : 0);
    return sent;
  }

  /** Without an answer in this time it is told, and tried again. */
  expect(ms) {
    clearTimeout(this.patience);
    this.patience = setTimeout(() => {
      if (!this.count) return;
      this.late = true;
      this.changed();
      this.patience = setTimeout(() => this.flush(true), PATIENCE_MS);
    }, ms);
  }

  /** The kernel has stored so many edits of an image. */
  saved(image, revision) {
    const one = this.waiting.get(image);
    this.late = false;
    this.problem = "";
    if (one) {
      const stored = Math.min(Math.max(revision - one.revision, 0), one.steps.length);
      one.steps.splice(0, stored);
      one.revision += stored;
      one.sent = Math.max(one.sent - stored, 0);
      if (!one.steps.length) this.waiting.delete(image);
      this.keep();
    }
    if (!this.count) clearTimeout(this.patience);
    this.changed();
  }

  /** The kernel could not store it: it is tried again. */
  failed(text) {
    this.problem = text;
    this.expect(PATIENCE_MS);
    this.changed();
  }

  drop(image) {
    this.waiting.delete(image);
    this.keep();
    this.changed();
  }

  /** Put what is not stored where a reload does not reach it. */
  keep() {
    try {
      if (this.count) this.store.setItem(this.prefix + this.editor, JSON.stringify([...this.waiting]));
      else this.store.removeItem(this.prefix + this.editor);
      this.kept = true;
    } catch {
      this.kept = false;
    }
  }

  /**
   * Edits of an image that an earlier view left behind, fit for the revision that is stored: {editor, revision, steps}; null if
   * there are none, false if there were some that do not fit. They are this view's from now on.
   */
  adopt(image, revision, editor) {
    let found = null;
    const names = this.store ? Object.keys(this.store).filter((name) => name.startsWith(this.prefix) && name !== this.prefix + this.editor) : [];
    for (const name of names) {
      let entries = [];
      try { entries = JSON.parse(this.store.getItem(name)); } catch { /* not ours to mend */ }
      const entry = entries.find(([other]) => other === image);
      if (!entry) continue;
      const rest = entries.filter((other) => other !== entry), left = { ...entry[1], sent: 0 };
      if (rest.length) this.store.setItem(name, JSON.stringify(rest));
      else this.store.removeItem(name);
      const behind = revision - left.revision;
      const fits = behind === 0 || (behind > 0 && left.editor === editor);
      if (!fits) found ||= false;
      else if (behind < left.steps.length) {
        found = { ...left, revision, steps: left.steps.slice(behind) };
        this.waiting.set(image, found);
      }
    }
    this.keep();
    return found;
  }

  /** In words. */
  get words() {
    const n = this.count, edits = n === 1 ? "1 edit is" : `${n} edits are`;
    if (!n) return { short: "All saved", long: "" };
    if (this.problem) return { short: `${n} not saved`, long: `${this.problem} ${edits} not saved yet; it is tried again.` };
    if (!this.late) return { short: "Saving …", long: "" };
    const where = this.kept ? "kept in this browser" : "kept on this page only, so do not close it";
    return {
      short: `${n} not saved`,
      long: `The kernel does not answer: it is busy, or was stopped. You can go on: ${edits} not saved yet, but ${where}. When the kernel is back, run this cell again and they are saved.`,
    };
  }

  close() {
    this.flush();
    clearTimeout(this.timer);
    clearTimeout(this.patience);
  }
}
