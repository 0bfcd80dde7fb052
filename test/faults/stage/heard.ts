import type { HistoryEvent } from '../history/event.js';

/** Everything that is heard of a run while it goes on, and who waits for what. */
export class Heard {
  readonly events: HistoryEvent[] = [];
  deliveries = 0;
  #waiting: { readonly isSo: () => boolean; readonly go: () => void }[] = [];

  add(event: HistoryEvent): void {
    this.events.push(event);
    if (event.kind === 'claimed') this.deliveries += 1;
    for (const { isSo, go } of this.#waiting) if (isSo()) go();
  }

  /** Resolves with true when it is so, with false when it took too long. */
  until(isSo: () => boolean, limitMs: number): Promise<boolean> {
    if (isSo()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (answer: boolean): void => {
        clearTimeout(timer);
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        resolve(answer);
      };
      const timer = setTimeout(() => end(false), limitMs);
      const waiting = { isSo, go: () => end(true) };
      this.#waiting.push(waiting);
    });
  }
}
