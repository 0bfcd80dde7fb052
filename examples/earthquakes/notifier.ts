import { defer, map, timer, type Observable } from 'rxjs';
import type { Level } from './alert-rules.js';
import { chanceOf } from './random.js';

export interface Alert {
  /** The quake's id; the same alert sent twice is shown once. */
  readonly id: string;
  readonly level: Level;
  readonly text: string;
}

export interface Notifier {
  /** Sends it. error: the gateway did not take it. unsubscribe: the request is given up. */
  send$(alert: Alert, attempt: number): Observable<Alert>;
}

const failureRate = 0.3;
const lastFailingAttempt = 3;

/**
 * A pager gateway that answers 503 now and then: the seed, the alert and the attempt decide, so that a run can be repeated.
 * The fourth attempt always gets through.
 */
export class FlakyNotifier implements Notifier {
  readonly sent = new Map<string, Alert>();
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  send$(alert: Alert, attempt: number): Observable<Alert> {
    const chance = chanceOf(this.#seed, alert.id, attempt);
    return defer(() => timer(5 + chance * 20)).pipe(map(() => {
      if (attempt <= lastFailingAttempt && chance < failureRate) throw new Error('the pager gateway answered 503');
      this.sent.set(alert.id, alert);
      return alert;
    }));
  }
}
