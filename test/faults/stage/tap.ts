import { Observable, defer, map, tap } from 'rxjs';
import { isChronowError } from '../../../src/errors.js';
import type { Broker } from '../../../src/port/broker.js';
import type { ClaimRequest, ConsumerLink } from '../../../src/port/delivery-store.js';
import type { Claimed, LeaseToken, Settlement } from '../../../src/port/lease.js';
import type { Runtime } from '../../../src/port/runtime.js';
import { over } from '../../conformance/support/over.js';
import { bodyText, numberIn } from '../../simulation/history/message-text.js';
import type { Journal } from '../history/journal.js';
import { subName } from './message.js';
import type { DeathPoint } from './plan.js';

export interface TapParts {
  readonly journal: Journal;
  readonly runtime: Runtime;
  readonly windowOf: (consumerName: string) => number;
  /** The process is at a point at which it may have to die. */
  readonly at: (point: DeathPoint) => void;
}

/** Writes down what goes over every consumer's line, between the core and the adapter. */
export function tapped(broker: Broker, parts: TapParts): Broker {
  return over(broker, {
    deliveries: {
      attach: (ref, consumer) => broker.deliveries.attach(ref, consumer).pipe(map((link) => {
        const who = { consumer: consumer.consumerId, sub: subName(ref.tenantId, ref.topic, ref.subscription) };
        return tappedLink(link, who, parts.windowOf(consumer.consumerName), parts);
      })),
    },
  });
}

export function codeOf(error: unknown): string {
  if (isChronowError(error)) return error.code;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function tappedLink(link: ConsumerLink, who: { readonly consumer: string; readonly sub: string }, window: number, { journal, runtime, at }: TapParts): ConsumerLink {
  const names = new Map<LeaseToken, string>();
  const nameOf = (token: LeaseToken): string => names.get(token) ?? '?';

  function note({ token, message, deliveryCount, leaseUntil }: Claimed): void {
    const lease = journal.name('L');
    names.set(token, lease);
    const { id, key, body, headers } = message;
    journal.add({ kind: 'claimed', ...who, lease, id, n: numberIn(body), key, body: bodyText(body), headers: JSON.stringify(headers), count: deliveryCount, leftMs: leaseUntil - runtime.now() });
  }

  function claim(request: ClaimRequest): ReturnType<ConsumerLink['claim']> {
    return defer(() => {
      journal.add({ kind: 'claim', ...who, max: request.max, window });
      return link.claim(request).pipe(tap({
        next: ({ deliveries }) => {
          deliveries.forEach(note);
          journal.add({ kind: 'claim-end', ...who, how: 'ok', code: undefined });
          if (deliveries.length > 0) at('claimed');
        },
        error: (error: unknown) => { journal.add({ kind: 'claim-end', ...who, how: 'info', code: codeOf(error) }); },
      }));
    });
  }

  function settle(settlements: readonly Settlement[]): ReturnType<ConsumerLink['settle']> {
    return new Observable((out) => {
      const op = journal.name('s');
      at('settling');
      journal.add({ kind: 'settle', op, ...who, items: settlements.map(({ token, action, delayMs, failure }) => ({ lease: nameOf(token), action, delayMs, reason: failure?.reason })) });
      out.add(link.settle(settlements).pipe(tap({
        next: (deviations) => { journal.add({ kind: 'settle-end', op, how: 'ok', results: settlements.map((_, index) => deviations.find((one) => one.index === index)?.result ?? 'done'), code: undefined }); },
        error: (error: unknown) => { journal.add({ kind: 'settle-end', op, how: 'info', results: [], code: codeOf(error) }); },
      })).subscribe(out));
      // It has gone out: what the subscription does at once is done, the answer comes later.
      at('settled');
    });
  }

  function renew(tokens: readonly LeaseToken[]): ReturnType<ConsumerLink['renew']> {
    const leases = tokens.map(nameOf);
    return link.renew(tokens).pipe(tap(({ leaseUntil, lost }) => { journal.add({ kind: 'renewed', leases, lost: lost.map((index) => leases[index] ?? '?'), leftMs: leaseUntil - runtime.now() }); }));
  }

  return over(link, { claim, settle, renew });
}
