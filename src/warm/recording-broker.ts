import { map, tap, type Observable } from 'rxjs';
import type { Broker } from '../port/broker.js';
import type { ClaimAnswer, ClaimRequest, ConsumerLink, RenewAnswer } from '../port/delivery-store.js';
import type { Claimed, LeaseToken, SettleDeviation, Settlement } from '../port/lease.js';
import type { SubscriptionRef } from '../port/names.js';
import type { SubscriptionPolicy } from '../port/policy.js';
import type { Runtime } from '../port/runtime.js';
import type { SettledDelivery } from '../port/warm-store.js';
import { brokerWith } from './broker-with.js';

/** The same broker; `keep` is given how deliveries were settled that were claimed through it, once the backend confirmed it. It must not throw. */
export function recordingBroker(broker: Broker, runtime: Runtime, keep: (ref: SubscriptionRef, settled: readonly SettledDelivery[]) => void): Broker {
  return brokerWith(broker, {
    deliveries: {
      attach: (ref, consumer) => broker.deliveries.attach(ref, consumer).pipe(
        map((link) => new RecordingLink(link, consumer.consumerName, runtime, (settled) => { keep(ref, settled); })),
      ),
    },
  });
}

/** A token that knows its delivery: nothing is kept here of what is leased. */
class Ticket {
  readonly token: LeaseToken;
  readonly id: string;
  readonly attempt: number;

  constructor({ token, message, deliveryCount }: Claimed) {
    this.token = token;
    this.id = message.id;
    this.attempt = deliveryCount;
  }
}

class RecordingLink implements ConsumerLink {
  readonly #link: ConsumerLink;
  readonly #consumer: string;
  readonly #runtime: Runtime;
  readonly #keep: (settled: readonly SettledDelivery[]) => void;

  constructor(link: ConsumerLink, consumer: string, runtime: Runtime, keep: (settled: readonly SettledDelivery[]) => void) {
    this.#link = link;
    this.#consumer = consumer;
    this.#runtime = runtime;
    this.#keep = keep;
  }

  get policy(): SubscriptionPolicy {
    return this.#link.policy;
  }

  claim(request: ClaimRequest): Observable<ClaimAnswer> {
    return this.#link.claim(request).pipe(map(({ deliveries, makeRoom }) => ({ deliveries: deliveries.map(ticketed), makeRoom })));
  }

  settle(settlements: readonly Settlement[]): Observable<readonly SettleDeviation[]> {
    const asked = settlements.map(({ token, action, delayMs, failure }) => ({ token: tokenOf(token), action, delayMs, failure }));
    return this.#link.settle(asked).pipe(tap((deviations) => {
      const settled = this.#settled(settlements, deviations);
      if (settled.length > 0) this.#keep(settled);
    }));
  }

  renew(tokens: readonly LeaseToken[]): Observable<RenewAnswer> {
    return this.#link.renew(tokens.map(tokenOf));
  }

  detach(): Observable<void> {
    return this.#link.detach();
  }

  #settled(settlements: readonly Settlement[], deviations: readonly SettleDeviation[]): readonly SettledDelivery[] {
    const results = new Map(deviations.map(({ index, result }) => [index, result]));
    const settledAt = this.#runtime.now();
    return settlements.flatMap((settlement, index) => {
      const { token } = settlement;
      const end = endOf(settlement, results.get(index));
      if (end === undefined || !(token instanceof Ticket)) return [];
      return [{ id: token.id, attempt: token.attempt, ...end, consumer: this.#consumer, settledAt }];
    });
  }
}

function ticketed(claimed: Claimed): Claimed {
  const { message, deliveryCount, leaseUntil, isolated } = claimed;
  return { token: new Ticket(claimed), message, deliveryCount, leaseUntil, isolated };
}

function tokenOf(token: LeaseToken): LeaseToken {
  return token instanceof Ticket ? token.token : token;
}

/** undefined: it did not end a delivery. What was handed back unused was none: the next one has its number. */
function endOf({ action, failure }: Settlement, result: SettleDeviation['result'] | undefined): Pick<SettledDelivery, 'status' | 'reason'> | undefined {
  if (result === 'lost' || result === 'failed' || action === 'release') return undefined;
  if (action === 'ack') return { status: 'ack', reason: undefined };
  if (action === 'dead-letter') return { status: 'dead', reason: failure?.reason ?? 'Rejected' };
  if (action === 'leak') return { status: result === undefined ? 'nack' : 'dead', reason: 'NeverStarted' };
  return result === undefined ? { status: 'nack', reason: failure?.reason } : { status: 'dead', reason: 'MaxDeliveries' };
}
