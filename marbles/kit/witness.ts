import { Observable, tap } from 'rxjs';
import type { Broker } from '../../src/port/broker.js';
import type { ClaimRequest, ConsumerLink } from '../../src/port/delivery-store.js';
import type { LeaseToken, SettleDeviation, Settlement } from '../../src/port/lease.js';
import type { OutgoingMessage } from '../../src/port/message.js';
import type { PublishBatch, PublishReceipt } from '../../src/port/publisher.js';
import type { Fate } from './fates.js';
import type { Journal, SubscriptionRecord } from './journal.js';

const fateOfAction: Readonly<Record<Settlement['action'], Fate | undefined>> = { ack: 'a', retry: 'r', release: 'x', leak: undefined, 'dead-letter': undefined };

/** A broker that writes down what is done to it. Nothing is changed on the way. */
export function witnessed(broker: Broker, journal: Journal): Broker {
  journal.listen(broker.events$);
  const { publisher, deliveries, keys } = broker;
  const { name, capabilities, durability, format, topics, inspection, watches, status$, events$ } = broker;
  return {
    name, capabilities, durability, format, topics, inspection, watches, status$, events$,
    open: () => broker.open(),
    close: () => broker.close(),
    publisher: {
      publish: (batch) => publisher.publish(batch).pipe(tap((receipts) => { wrote(journal, batch, receipts); })),
      cancelScheduled: (topic, id) => publisher.cancelScheduled(topic, id),
    },
    keys: {
      get: (key) => keys.get(key),
      set: (write) => keys.set(write).pipe(tap(() => { journal.keysSet += 1; })),
      del: (request) => keys.del(request).pipe(tap(() => { journal.keysSet += 1; })),
      expire: (key, ttlMs) => keys.expire(key, ttlMs),
      history: (key, limit) => keys.history(key, limit),
    },
    deliveries: {
      attach: (ref, consumer) => new Observable((out) => deliveries.attach(ref, consumer).subscribe({
        next: (link) => { out.next(new WitnessedLink(link, journal.subscription(ref), journal)); },
        error: (error: unknown) => { out.error(error); },
        complete: () => { out.complete(); },
      })),
    },
  };
}

function wrote(journal: Journal, { topic, messages }: PublishBatch, receipts: readonly PublishReceipt[]): void {
  const record = journal.topic(topic);
  for (const [index, { id, duplicate }] of receipts.entries()) {
    const message = messages[index];
    if (message === undefined) continue;
    const payload = payloadOf(message);
    record.names.add(id, payload);
    record.publications.push({ frame: journal.now(), id, payload, key: message.key, headers: message.headers, duplicate });
  }
}

/** The payload as the default codec reads it; what another codec wrote is shown as it is. */
function payloadOf({ body, codec }: OutgoingMessage): unknown {
  if (codec !== undefined || typeof body !== 'string') return body;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/** One consumer's line, written down. A resend of what was settled already is no second settlement. */
export class WitnessedLink implements ConsumerLink {
  readonly #link: ConsumerLink;
  readonly #record: SubscriptionRecord;
  readonly #journal: Journal;
  readonly #held = new Map<LeaseToken, string>();

  constructor(link: ConsumerLink, record: SubscriptionRecord, journal: Journal) {
    this.#link = link;
    this.#record = record;
    this.#journal = journal;
    record.leaseMs = Math.max(record.leaseMs, link.policy.visibilityTimeoutMs);
  }

  get policy(): ConsumerLink['policy'] {
    return this.#link.policy;
  }

  claim(request: ClaimRequest): ReturnType<ConsumerLink['claim']> {
    return new Observable((out) => {
      this.#record.claims.push({ frame: this.#journal.now(), max: request.max });
      return this.#link.claim(request).pipe(tap(({ deliveries }) => {
        for (const { token, message, deliveryCount } of deliveries) this.#took(token, message.id, deliveryCount);
      })).subscribe(out);
    });
  }

  settle(settlements: readonly Settlement[]): ReturnType<ConsumerLink['settle']> {
    // A copy: the core may use the list again.
    const asked = settlements.map(({ token, action, failure }) => ({ token, action, errors: failure?.errors ?? [] }));
    const answer$ = this.#link.settle(settlements).pipe(tap((deviations) => {
      for (const [index, { token, action, errors }] of asked.entries()) {
        const id = this.#held.get(token);
        if (id === undefined) continue;
        this.#settled(token, id, action, deviations.find((deviation) => deviation.index === index)?.result);
        const invalid = errors.find((error) => error.includes('WORK_INVALID'));
        if (invalid !== undefined) this.#journal.invalidWork.push({ frame: this.#journal.now(), text: invalid });
      }
    }));
    return new Observable((out) => {
      // Before the broker says that the last leak ended in the dead letters.
      for (const { token, action } of asked) this.#leaking(token, action);
      return answer$.subscribe(out);
    });
  }

  renew(tokens: readonly LeaseToken[]): ReturnType<ConsumerLink['renew']> {
    return this.#link.renew(tokens).pipe(tap(({ lost }) => {
      for (const [index, token] of tokens.entries()) {
        const id = this.#held.get(token);
        if (id !== undefined && !lost.includes(index)) this.#journal.fate(this.#record, id, '+');
      }
    }));
  }

  detach(): ReturnType<ConsumerLink['detach']> {
    return this.#link.detach();
  }

  #took(token: LeaseToken, id: string, deliveryCount: number): void {
    const { deliveries, held } = this.#record;
    deliveries.push({ frame: this.#journal.now(), id, deliveryCount });
    this.#held.set(token, id);
    held.set(token, { id, steal: () => { this.#steal(token, id); } });
    this.#record.mostHeld = Math.max(this.#record.mostHeld, held.size);
  }

  #settled(token: LeaseToken, id: string, action: Settlement['action'], result: SettleDeviation['result'] | undefined): void {
    if (result === 'failed') return;
    this.#held.delete(token);
    this.#record.held.delete(token);
    // What ended in the dead letters, or was dropped, the broker's own event says.
    const fate = result === 'lost' ? 'l' : result === undefined ? fateOfAction[action] : undefined;
    if (fate !== undefined) this.#journal.fate(this.#record, id, fate);
  }

  #leaking(token: LeaseToken, action: Settlement['action']): void {
    const id = this.#held.get(token);
    if (action === 'leak' && id !== undefined) this.#journal.fate(this.#record, id, '?');
  }

  /** As if its holder had been silent for too long; the token stays known, so that its late settlement shows. */
  #steal(token: LeaseToken, id: string): void {
    this.#record.held.delete(token);
    this.#journal.fate(this.#record, id, '!');
    this.#link.settle([{ token, action: 'leak' }]).subscribe();
  }
}
