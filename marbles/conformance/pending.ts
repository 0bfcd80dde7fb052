import type { Observable } from 'rxjs';

/** A call under way: what a cold one-shot Observable of the port answered, and when. */
export class Pending<T> {
  state: 'open' | 'answered' | 'failed' = 'open';
  value: T | undefined;
  error: unknown;
  /** The store's time at the answer. */
  at = 0;
  /** How many values came; a one-shot has one. */
  answers = 0;
  /** Resolves with the answer, whichever it is; never rejects. */
  readonly done: Promise<void>;

  constructor(source: Observable<T>, now: () => number) {
    this.done = new Promise<void>((resolve) => {
      const end = (state: 'answered' | 'failed', error?: unknown): void => {
        if (this.state !== 'open') return;
        this.state = state;
        this.error = error;
        this.at = now();
        resolve();
      };
      source.subscribe({
        next: (value) => {
          this.answers += 1;
          this.value = value;
          end('answered');
        },
        error: (error: unknown) => end('failed', error),
        complete: () => end('failed', new Error('completed without an answer')),
      });
    });
  }
}
