import { Observable, map, tap } from 'rxjs';
import type { Broker } from '../../../src/port/broker.js';
import type { ClaimAnswer, ClaimRequest, ConsumerLink } from '../../../src/port/delivery-store.js';
import type { KeyWriteAnswer } from '../../../src/port/key-store.js';
import type { Claimed, LeaseToken, Settlement } from '../../../src/port/lease.js';
import type { SubscriptionRef } from '../../../src/port/names.js';
import { over } from '../../conformance/support/over.js';
import type { History } from './history.js';
import { bodyText, numberIn } from './message-text.js';

/** Numbers the leases of one broker, so that they can be named in a history. */
export class LeaseNames {
  readonly #tokens = new Map<string, LeaseToken>();

  name(token: LeaseToken): string {
    const name = `L${String(this.#tokens.size + 1)}`;
    this.#tokens.set(name, token);
    return name;
  }

  /** What stands in a history for a token that came back. */
  static textOf(token: LeaseToken): string {
    return typeof token === 'object' ? '?' : String(token);
  }

  token(name: LeaseToken): LeaseToken {
    return (typeof name === 'string' ? this.#tokens.get(name) : undefined) ?? name;
  }
}

/** The broker as one process reaches it, with everything it is asked written down beside it, before any network. */
export function serverTap(broker: Broker, client: string, now: () => number, history: History, leases: LeaseNames): Broker {
  return over(broker, {
    publisher: over(broker.publisher, {
      publish: (batch) => broker.publisher.publish(batch).pipe(tap((receipts) => {
        history.add({ kind: 'stored', b: now(), client, token: batch.token ?? '', topic: batch.topic.topic, items: batch.messages.map(({ body, key, delayMs, ttlMs }, index) => ({ id: receipts[index]?.id ?? '?', n: numberIn(body), key, duplicate: receipts[index]?.duplicate ?? false, dueAt: receipts[index]?.dueAt, delayMs, ttlMs })) });
      })),
    }),
    keys: over(broker.keys, {
      set: (write) => broker.keys.set(write).pipe(tap((answer) => { noteKey(write.key.key, answer); })),
      del: (request) => broker.keys.del(request).pipe(tap((answer) => { noteKey(request.key.key, answer); })),
    }),
    deliveries: {
      attach: (ref, consumer) => broker.deliveries.attach(ref, consumer).pipe(map((link) => {
        history.add({ kind: 'attached', consumer: consumer.consumerId, client, sub: subName(ref) });
        return new TappedLink(link, client, consumer.consumerId, ref, now, history, leases);
      })),
    },
  });

  function noteKey(key: string, { written, state }: KeyWriteAnswer): void {
    if (written) history.add({ kind: 'key-changed', b: now(), client, key, revision: state.revision, body: state.body === undefined ? undefined : bodyText(state.body) });
  }
}

export function subName({ topic, subscription }: SubscriptionRef): string {
  return `${topic}/${subscription}`;
}

class TappedLink implements ConsumerLink {
  readonly #link: ConsumerLink;
  readonly #who: { readonly client: string; readonly consumer: string; readonly sub: string };
  readonly #now: () => number;
  readonly #history: History;
  readonly #leases: LeaseNames;

  constructor(link: ConsumerLink, client: string, consumer: string, ref: SubscriptionRef, now: () => number, history: History, leases: LeaseNames) {
    this.#link = link;
    this.#who = { client, consumer, sub: subName(ref) };
    this.#now = now;
    this.#history = history;
    this.#leases = leases;
  }

  get policy(): ConsumerLink['policy'] {
    return this.#link.policy;
  }

  claim(request: ClaimRequest): Observable<ClaimAnswer> {
    const { consumer, sub } = this.#who;
    return new Observable((out) => {
      let open = true;
      this.#history.add({ kind: 'claim-waits', consumer, sub, max: request.max });
      const over = (): void => {
        if (open) this.#history.add({ kind: 'claim-over', consumer, sub });
        open = false;
      };
      out.add(this.#link.claim(request).subscribe({
        next: (answer) => {
          const named = { ...answer, deliveries: answer.deliveries.map((claimed) => this.#leased(claimed)) };
          over();
          out.next(named);
        },
        error: (error: unknown) => {
          over();
          out.error(error);
        },
        complete: () => { out.complete(); },
      }));
      return over;
    });
  }

  settle(settlements: readonly Settlement[]): ReturnType<ConsumerLink['settle']> {
    // Copied now: the core's settlements are cells that go on living.
    const asked = settlements.map(({ token, action, delayMs, failure }) => ({ token: this.#leases.token(token), action, delayMs, failure }));
    const names = settlements.map(({ token }) => LeaseNames.textOf(token));
    return this.#link.settle(asked).pipe(tap((deviations) => {
      for (const [index, { action, delayMs, failure }] of asked.entries()) {
        const result = deviations.find((deviation) => deviation.index === index)?.result ?? 'done';
        this.#history.add({ kind: 'settled', b: this.#now(), ...this.#who, lease: names[index] ?? '?', action, delayMs, reason: failure?.reason, result });
      }
    }));
  }

  renew(tokens: readonly LeaseToken[]): ReturnType<ConsumerLink['renew']> {
    const names = tokens.map((token) => LeaseNames.textOf(token));
    return this.#link.renew(tokens.map((token) => this.#leases.token(token))).pipe(tap(({ leaseUntil, lost }) => {
      for (const [index, lease] of names.entries()) if (!lost.includes(index)) this.#history.add({ kind: 'renewed', b: this.#now(), sub: this.#who.sub, lease, until: leaseUntil });
    }));
  }

  detach(): Observable<void> {
    return this.#link.detach();
  }

  #leased({ token, message, deliveryCount, leaseUntil, isolated }: Claimed): Claimed {
    const lease = this.#leases.name(token);
    const { id, key, body, headers } = message;
    this.#history.add({ kind: 'leased', b: this.#now(), ...this.#who, lease, id, n: numberIn(body), key, body: bodyText(body), headers: JSON.stringify(headers), count: deliveryCount, until: leaseUntil, isolated });
    return { token: lease, message, deliveryCount, leaseUntil, isolated };
  }
}
