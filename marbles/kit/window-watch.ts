import { Observable, tap } from 'rxjs';
import type { ClaimRequest, ConsumerLink } from '../../src/port/delivery-store.js';
import type { LeaseToken, Settlement } from '../../src/port/lease.js';

/**
 * A consumer's line, seen from its own side: it must never ask for more than its window has room for. What it was never told of
 * (a lost reply), and what is past its deadline, does not count.
 */
export class WindowWatch implements ConsumerLink {
  readonly #link: ConsumerLink;
  readonly #now: () => number;
  readonly #exceeded: (text: string) => void;
  readonly #held = new Map<LeaseToken, number>();
  #window = 0;

  constructor(link: ConsumerLink, now: () => number, exceeded: (text: string) => void) {
    this.#link = link;
    this.#now = now;
    this.#exceeded = exceeded;
  }

  get policy(): ConsumerLink['policy'] {
    return this.#link.policy;
  }

  claim(request: ClaimRequest): ReturnType<ConsumerLink['claim']> {
    return new Observable((out) => {
      const { max } = request;
      const now = this.#now();
      const sure = [...this.#held.values()].filter((leaseUntil) => leaseUntil > now).length;
      // The first claim is for all of the window.
      this.#window ||= max;
      if (sure + max > this.#window) this.#exceeded(`asked for ${String(max)} beside ${String(sure)} unsettled: more than its window of ${String(this.#window)}`);
      return this.#link.claim(request).pipe(tap(({ deliveries }) => {
        for (const { token, leaseUntil } of deliveries) this.#held.set(token, leaseUntil);
      })).subscribe(out);
    });
  }

  settle(settlements: readonly Settlement[]): ReturnType<ConsumerLink['settle']> {
    const tokens = settlements.map(({ token }) => token);
    return this.#link.settle(settlements).pipe(tap((deviations) => {
      for (const [index, token] of tokens.entries()) {
        if (!deviations.some((deviation) => deviation.index === index && deviation.result === 'failed')) this.#held.delete(token);
      }
    }));
  }

  renew(tokens: readonly LeaseToken[]): ReturnType<ConsumerLink['renew']> {
    const asked = [...tokens];
    return this.#link.renew(tokens).pipe(tap(({ leaseUntil, lost }) => {
      for (const [index, token] of asked.entries()) {
        if (lost.includes(index)) this.#held.delete(token);
        else if (this.#held.has(token)) this.#held.set(token, leaseUntil);
      }
    }));
  }

  detach(): ReturnType<ConsumerLink['detach']> {
    return this.#link.detach();
  }
}
