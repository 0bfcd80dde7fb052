import { BehaviorSubject, NEVER, Observable, Subject, Subscription, defer, distinctUntilChanged, isObservable, map, merge, of, switchMap, takeUntil } from 'rxjs';
import { ChronowError } from '../../src/errors.js';
import type { Broker } from '../../src/port/broker.js';
import type { ConsumerLink } from '../../src/port/delivery-store.js';
import type { Claimed } from '../../src/port/lease.js';
import type { SubscriptionRef } from '../../src/port/names.js';
import type { WatchSignal } from '../../src/port/watch-source.js';

/** Calls whose reply can be lost, by what they do. */
export type LosableCall = 'publish' | 'attach' | 'claim' | 'settle' | 'renew' | 'get' | 'set' | 'del';

export const losableCalls: readonly LosableCall[] = ['publish', 'attach', 'claim', 'settle', 'renew', 'get', 'set', 'del'];

/** One process' line to the broker, with its faults. */
export class Line {
  readonly #up$ = new BehaviorSubject(true);
  readonly #dead$ = new Subject<void>();
  readonly #toLose = new Map<string, (() => void)[]>();
  /** How far the clock of this process is ahead of the broker's, ms. */
  readonly #ahead: () => number;
  #dead = false;

  readonly #watched: (link: ConsumerLink, subscription: SubscriptionRef) => ConsumerLink;

  /** `watched` looks at a consumer's line from the side of the process. */
  constructor(ahead: () => number, watched: (link: ConsumerLink, subscription: SubscriptionRef) => ConsumerLink) {
    this.#ahead = ahead;
    this.#watched = watched;
  }

  /** Takes the line down: calls fail, and so does the claim that waits. */
  down(): void {
    this.#up$.next(false);
  }

  up(): void {
    this.#up$.next(true);
  }

  /** The process is gone: nothing it says arrives, nothing is said to it. */
  die(): void {
    this.#dead = true;
    this.#dead$.next();
  }

  /** The next call of this kind is carried out, but its reply does not arrive. */
  loseReply(call: LosableCall, struck: () => void): void {
    const waiting = this.#toLose.get(call) ?? [];
    waiting.push(struck);
    this.#toLose.set(call, waiting);
  }

  /** The broker as this process reaches it. */
  through(broker: Broker): Broker {
    const { name, capabilities, durability, format, watches, events$ } = broker;
    return {
      name, capabilities, durability, format,
      topics: this.#room(broker.topics),
      publisher: this.#room(broker.publisher),
      inspection: this.#room(broker.inspection),
      keys: this.#room(broker.keys),
      deliveries: { attach: (ref, consumer) => this.#send('attach', broker.deliveries.attach(ref, consumer)).pipe(map((link) => this.#watched(this.#link(link), ref))) },
      watches: {
        watchKey: (key) => this.#watch(watches.watchKey(key)),
        watchPrefix: (scope, prefix) => this.#watch(watches.watchPrefix(scope, prefix)),
      },
      status$: this.#up$.pipe(distinctUntilChanged(), switchMap((up) => (up ? broker.status$ : of({ state: 'reconnecting', attempt: 1, error: linkLost('the line is down') } as const))), takeUntil(this.#dead$)),
      events$: events$.pipe(takeUntil(this.#dead$)),
      open: () => this.#send('open', broker.open()),
      // One client of several: the broker goes on.
      close: () => of(undefined),
    };
  }

  #room<T extends object>(room: T): T {
    return new Proxy(room, {
      get: (target, name): unknown => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...args: readonly unknown[]): unknown => {
          const answer: unknown = Reflect.apply(member, target, args);
          return isObservable(answer) ? this.#send(String(name), answer) : answer;
        };
      },
    });
  }

  #link(link: ConsumerLink): ConsumerLink {
    return {
      get policy() { return link.policy; },
      claim: (request) => this.#send('claim', link.claim(request)).pipe(map(({ deliveries, makeRoom }) => ({ deliveries: deliveries.map((claimed) => this.#byOwnClock(claimed)), makeRoom }))),
      settle: (settlements) => this.#send('settle', link.settle(settlements)),
      renew: (tokens) => this.#send('renew', link.renew(tokens)).pipe(map(({ leaseUntil, lost }) => ({ leaseUntil: leaseUntil + this.#ahead(), lost }))),
      detach: () => this.#send('detach', link.detach()),
    };
  }

  /** An adapter tells the end of a lease by the clock of its process. */
  #byOwnClock(claimed: Claimed): Claimed {
    if (this.#ahead() === 0) return claimed;
    const { token, message, deliveryCount, leaseUntil, isolated } = claimed;
    return { token, message, deliveryCount, leaseUntil: leaseUntil + this.#ahead(), isolated };
  }

  #send<R>(kind: string, call: Observable<R>): Observable<R> {
    return new Observable<R>((out) => {
      if (this.#dead) return undefined;
      if (!this.#up$.value) {
        out.error(linkLost(`${kind}: the line is down`));
        return undefined;
      }
      // The backend notices that the line is gone: a claim that waits ends there, too.
      const sent = new Subscription();
      out.add(onEach(this.#up$, (up) => { if (!up) out.error(linkLost(`${kind}: the line went down`)); }));
      out.add(onEach(this.#dead$, () => { sent.unsubscribe(); }));
      sent.add(call.subscribe({
        next: (answer) => {
          const struck = this.#toLose.get(kind)?.shift();
          if (struck === undefined) {
            out.next(answer);
          } else {
            struck();
            out.error(linkLost(`${kind}: the reply was lost`));
          }
        },
        error: (error: unknown) => { out.error(error); },
        complete: () => { out.complete(); },
      }));
      return sent;
    });
  }

  #watch(signals: Observable<WatchSignal>): Observable<WatchSignal> {
    // A watch ends with unsubscribe only: a dead process hears nothing more.
    return defer(() => (this.#dead ? NEVER : merge(this.#up$, this.#dead$.pipe(map(() => 'dead' as const))))).pipe(
      distinctUntilChanged(),
      switchMap((up) => {
        if (up === 'dead') return NEVER;
        return up ? signals : of({ kind: 'status', status: 'stale' } as const);
      }),
    );
  }
}

function onEach<T>(source: Observable<T>, work: (value: T) => void): Subscription {
  return source.subscribe({ next: work, error: () => { /* these never error */ } });
}

function linkLost(text: string): ChronowError {
  return new ChronowError('LINK_LOST', `${text} (a fault of the test)`, { retryable: true });
}
