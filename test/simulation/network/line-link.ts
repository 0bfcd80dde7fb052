import { Observable, map } from 'rxjs';
import type { ClaimAnswer, ClaimRequest, ConsumerLink, RenewAnswer } from '../../../src/port/delivery-store.js';
import type { LeaseToken, Settlement } from '../../../src/port/lease.js';
import type { History } from '../history/history.js';
import { LeaseNames } from '../history/server-tap.js';
import { numberIn } from '../history/message-text.js';
import { ClaimJourney, ClaimSeat } from './claim-journey.js';
import type { Line } from './line.js';

/** A consumer's link as its process sees it, at the far end of the line. */
export class LineLink implements ConsumerLink {
  readonly #line: Line;
  readonly #link: ConsumerLink;
  readonly #consumer: string;
  readonly #sub: string;
  readonly #brokerNow: () => number;
  readonly #history: History;
  readonly #seat = new ClaimSeat();
  /** Ends of the leases that this process knows it holds, by its own clock. */
  readonly #held = new Map<LeaseToken, number>();
  #window = 0;

  constructor(line: Line, link: ConsumerLink, consumer: string, sub: string, brokerNow: () => number, history: History) {
    this.#line = line;
    this.#link = link;
    this.#consumer = consumer;
    this.#sub = sub;
    this.#brokerNow = brokerNow;
    this.#history = history;
  }

  get policy(): ConsumerLink['policy'] {
    return this.#link.policy;
  }

  claim(request: ClaimRequest): Observable<ClaimAnswer> {
    return new Observable((out) => {
      this.#demand(request.max);
      new ClaimJourney(this.#line, this.#link, this.#seat, request, out, (answer, answeredAt) => this.#received(answer, answeredAt)).start();
    });
  }

  settle(settlements: readonly Settlement[]): ReturnType<ConsumerLink['settle']> {
    // What is sent is what they say now: the core goes on using these objects.
    const sent = settlements.map(({ token, action, delayMs, failure }) => ({ token, action, delayMs, failure }));
    return this.#line.send('settle', this.#link.settle(sent)).pipe(map((deviations) => {
      const failed = new Set(deviations.filter(({ result }) => result === 'failed').map(({ index }) => index));
      for (const [index, { token }] of sent.entries()) if (!failed.has(index)) this.#held.delete(token);
      return deviations;
    }));
  }

  renew(tokens: readonly LeaseToken[]): Observable<RenewAnswer> {
    const sent = [...tokens];
    const carriedOut = this.#link.renew(sent).pipe(map((answer) => ({ ...answer, left: answer.leaseUntil - this.#brokerNow(), at: this.#line.world.time })));
    return this.#line.send('renew', carriedOut).pipe(map(({ left, at, lost }) => {
      const leaseUntil = this.#here(left, at);
      for (const [index, token] of sent.entries()) {
        // An answer that comes after the end finds a lease that may have been given up.
        const until = this.#held.get(token) ?? 0;
        if (lost.includes(index) || until <= this.#line.process.now() + 1) this.#held.delete(token);
        else this.#held.set(token, leaseUntil);
      }
      return { leaseUntil, lost };
    }));
  }

  detach(): Observable<void> {
    return this.#line.send('detach', this.#link.detach());
  }

  #received(answer: ClaimAnswer, answeredAt: number): ClaimAnswer {
    const deliveries = answer.deliveries.map(({ token, message, deliveryCount, leaseUntil, isolated }) => {
      const until = this.#here(leaseUntil - this.#answeredNow(answeredAt), answeredAt);
      this.#held.set(token, until);
      this.#line.leases.set(`${this.#sub} ${message.id}`, LeaseNames.textOf(token));
      this.#history.add({ kind: 'received', client: this.#line.process.name, consumer: this.#consumer, sub: this.#sub, lease: LeaseNames.textOf(token), id: message.id, n: numberIn(message.body) });
      return { token, message, deliveryCount, leaseUntil: until, isolated };
    });
    return { deliveries, makeRoom: answer.makeRoom };
  }

  /** The broker's clock when it answered, as far as it has not jumped since. */
  #answeredNow(answeredAt: number): number {
    return this.#brokerNow() - (this.#line.world.time - answeredAt);
  }

  /** A time by this process' clock, from what was left of it at a moment, erring on the early side. */
  #here(left: number, at: number): number {
    return Math.floor(this.#line.process.now() + left - (this.#line.world.time - at));
  }

  #demand(max: number): void {
    this.#window ||= max;
    const now = this.#line.process.now();
    const held = [...this.#held.values()].filter((until) => until > now + 1).length;
    this.#history.add({ kind: 'demand', client: this.#line.process.name, consumer: this.#consumer, sub: this.#sub, max, held, window: this.#window });
  }
}
