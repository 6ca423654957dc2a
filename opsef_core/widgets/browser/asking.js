// Questions that follow each other fast, as a slider moves: one is under way, and the newest wish comes next.

class Asker {
  /** `next` gives the question that is wanted most now, with a `name`, or null; `changed` is called when it waits or gives up. */
  constructor(model, next, changed) {
    Object.assign(this, { model, next, changed, flying: null, silent: false, timer: 0 });
  }

  /** Ask what is wanted, unless an answer is still to come. A person's `wish` is asked also after the kernel was silent. */
  nudge(wish = false) {
    if (wish) this.silent = false;
    if (this.flying !== null || this.silent) return;
    const question = this.next();
    if (!question) return;
    this.flying = question.name;
    const sent = tell(this.model, question);
    this.timer = setTimeout(() => {
      this.flying = null;
      this.silent = true;
      this.changed();
    }, sent ? PATIENCE_MS : 0);
    this.changed();
  }

  answered(name) {
    this.silent = false;
    if (name === this.flying) this.stop();
    this.nudge();
    this.changed();
  }

  stop() {
    clearTimeout(this.timer);
    this.flying = null;
  }
}
