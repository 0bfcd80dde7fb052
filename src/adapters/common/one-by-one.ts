/** Runs some work, never twice at a time. Calls that come while it runs share the next run: each answers when one that began after the call has ended. */
export class OneByOne {
  readonly #work: () => Promise<void>;
  #running: Promise<void> | undefined = undefined;
  #next: Promise<void> | undefined = undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  run(): Promise<void> {
    if (this.#running === undefined) return this.#begin();
    const follow = (): Promise<void> => {
      this.#next = undefined;
      return this.#begin();
    };
    this.#next ??= this.#running.then(follow, follow);
    return this.#next;
  }

  #begin(): Promise<void> {
    const ended = (): void => { this.#running = undefined; };
    const running = this.#work();
    this.#running = running;
    running.then(ended, ended);
    return running;
  }
}
