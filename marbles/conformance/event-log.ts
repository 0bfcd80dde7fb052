import assert from 'node:assert/strict';
import { ReplaySubject, filter, take } from 'rxjs';
import type { Broker } from '../../src/port/broker.js';
import type { BrokerEvent } from '../../src/port/events.js';
import type { Asking } from './asking.js';

type EventOf<T extends BrokerEvent['type']> = Extract<BrokerEvent, { readonly type: T }>;

/** What a broker noticed by itself since the log was opened. */
export class EventLog {
  readonly #seen = new ReplaySubject<BrokerEvent>();
  readonly #all: BrokerEvent[] = [];
  readonly #scene: Asking;

  constructor(scene: Asking, broker: Broker) {
    this.#scene = scene;
    broker.events$.subscribe(this.#seen);
    this.#seen.subscribe((event) => this.#all.push(event));
  }

  /** The first event of this kind; waits for it. */
  async first<T extends BrokerEvent['type']>(type: T): Promise<EventOf<T>> {
    const isWanted = (event: BrokerEvent): event is EventOf<T> => event.type === type;
    const pending = this.#scene.begin(this.#seen.pipe(filter(isWanted), take(1)));
    await this.#scene.wait(pending);
    assert.equal(pending.state, 'answered', `no event '${type}' came; seen: ${this.#all.map((event) => event.type).join(', ') || 'none'}`);
    return this.#scene.answer(pending);
  }

  of<T extends BrokerEvent['type']>(type: T): readonly EventOf<T>[] {
    return this.#all.filter((event): event is EventOf<T> => event.type === type);
  }
}
