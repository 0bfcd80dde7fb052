import type { Observable, Subscription } from 'rxjs';
import type { Period } from './parse.js';
import type { Stage } from './stage.js';

/** What a stream said. */
export type Said =
  | { readonly frame: number; readonly kind: 'next'; readonly value: unknown }
  | { readonly frame: number; readonly kind: 'error'; readonly error: unknown }
  | { readonly frame: number; readonly kind: 'complete' };

/** A flow under test: subscribed, and written down. */
export class RunRecord {
  readonly said: Said[] = [];
  /** Its expectations speak of an error. */
  errorExpected = false;
  readonly label: string;
  readonly #stage: Stage;
  #subscription: Subscription | undefined = undefined;

  constructor(label: string, flow$: Observable<unknown>, period: Period, stage: Stage) {
    this.label = label;
    this.#stage = stage;
    stage.at(period.from, () => { this.#start(flow$); });
    if (period.to !== Infinity) stage.at(period.to, () => { this.stop(); });
  }

  get error(): Extract<Said, { kind: 'error' }> | undefined {
    return this.said.find((said) => said.kind === 'error');
  }

  stop(): void {
    this.#subscription?.unsubscribe();
  }

  #start(flow$: Observable<unknown>): void {
    this.#subscription = flow$.subscribe({
      next: (value) => { this.said.push({ frame: this.#stage.now, kind: 'next', value }); },
      error: (error: unknown) => { this.said.push({ frame: this.#stage.now, kind: 'error', error }); },
      complete: () => { this.said.push({ frame: this.#stage.now, kind: 'complete' }); },
    });
  }
}
