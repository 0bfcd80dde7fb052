import { Subject } from 'rxjs';
import type { Observable } from 'rxjs';
import type { BrokerEvent } from '../../port/events.js';

/** Events wait here until the state that they speak of is complete: a listener may call the broker. */
export class Outbox {
  readonly #events = new Subject<BrokerEvent>();
  readonly events$: Observable<BrokerEvent> = this.#events.asObservable();
  #waiting: BrokerEvent[] = [];
  #sending = false;

  note(event: BrokerEvent): void {
    this.#waiting.push(event);
  }

  flush(): void {
    if (this.#sending || this.#waiting.length === 0) return;
    this.#sending = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      for (const event of batch) this.#events.next(event);
    }
    this.#sending = false;
  }

  close(): void {
    this.flush();
    this.#events.complete();
  }
}
