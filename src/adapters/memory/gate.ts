import { Observable } from 'rxjs';
import { ChronowError } from '../../errors.js';
import type { Runtime } from '../../port/runtime.js';
import type { Outbox } from './outbox.js';

/** The way into the broker: one call, one answer, within subscribe; nothing after close. */
export class Gate {
  readonly outbox: Outbox;
  readonly now: () => number;
  closed = false;

  constructor(runtime: Runtime, outbox: Outbox) {
    this.outbox = outbox;
    this.now = () => runtime.now();
  }

  check(): void {
    if (this.closed) throw new ChronowError('CLOSED', 'the memory broker is closed; create a new one.');
  }

  once<T>(work: () => T): Observable<T> {
    return new Observable((subscriber) => {
      let answer: T;
      try {
        this.check();
        answer = work();
      } catch (error) {
        this.outbox.flush();
        subscriber.error(error);
        return;
      }
      this.outbox.flush();
      subscriber.next(answer);
      subscriber.complete();
    });
  }

  /** Closes the gate; repeatable. */
  last(work: () => void): Observable<void> {
    return new Observable((subscriber) => {
      if (!this.closed) {
        this.closed = true;
        work();
      }
      subscriber.next();
      subscriber.complete();
    });
  }
}
