/** Asks a claim to stop waiting: once, and for good. */
export class Stop {
  #isOver = false;
  #tell: (() => void) | undefined = undefined;

  get isOver(): boolean {
    return this.#isOver;
  }

  now(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tell?.();
  }

  /** What to do at the stop, until the returned function is called; at once where it was asked already. */
  then(tell: () => void): () => void {
    if (this.#isOver) {
      tell();
      return () => undefined;
    }
    this.#tell = tell;
    return () => { if (this.#tell === tell) this.#tell = undefined; };
  }
}
