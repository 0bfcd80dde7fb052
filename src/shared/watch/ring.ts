/** Work in one order: what is put in while something runs waits until that is over. */
export class Ring {
  #queue: (() => void)[] = [];
  #ringing = false;

  /** Runs `work` at once; what is put in meanwhile runs after it. */
  hold(work: () => void): void {
    if (this.#ringing) {
      work();
      return;
    }
    this.#ringing = true;
    try {
      work();
      while (this.#queue.length > 0) {
        const batch = this.#queue;
        this.#queue = [];
        for (const next of batch) next();
      }
    } finally {
      this.#ringing = false;
    }
  }

  /** Runs `work` after what was put in before. */
  push(work: () => void): void {
    this.#queue.push(work);
    this.hold(() => undefined);
  }
}
