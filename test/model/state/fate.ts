import type { FailureNote, LeaseToken, SettleAction, SettleDeviation } from '../../../src/port/lease.js';
import type { Span } from '../span.js';
import type { Consumer } from './consumer.js';
import type { Sent } from './sent.js';

/** What a settlement is answered; `done` where it is not listed. */
export type Answer = SettleDeviation['result'] | 'done';

/** One hand-over. */
export interface Hold {
  readonly fate: Fate;
  readonly consumer: Consumer;
  readonly token: LeaseToken;
  readonly count: number;
  readonly isolated: boolean;
  /** Which order was in force when it was handed out: a number that grows with every change. */
  readonly epoch: number;
  /** When it was handed out, or renewed. */
  since: Span;
  /** When the lease ends by itself. */
  until: Span;
  end: 'live' | 'taken' | SettleAction;
  /** What the settlement that ended it was answered. */
  answer: Answer;
  endedAt: Span;
}

/** How a message died. */
export interface Death {
  readonly note: FailureNote;
  readonly count: number;
  readonly at: Span;
  /** It is in the dead letters; otherwise it was dropped. */
  readonly isKept: boolean;
  /** An event told of it. */
  isTold: boolean;
}

export type Place =
  | { readonly kind: 'waiting'; readonly from: Span; readonly isDelayed: boolean }
  | { readonly kind: 'leased'; readonly hold: Hold }
  | { readonly kind: 'dead'; readonly death: Death }
  | { readonly kind: 'gone'; readonly how: 'acked' | 'purged' };

/** Where one message is in one subscription, as far as it can be known from outside. */
export class Fate {
  readonly sent: Sent;
  place: Place;
  /** Deliveries that count. */
  count = 0;
  /** Of those, how many leaked. */
  leaks = 0;
  /** A delivery of it ended without a word. */
  isRisky = false;
  /** Somebody has had it. */
  wasHanded = false;
  /** It came back from the dead or from the settled, so that its place among the others is not told. */
  isRevived = false;
  /** Earlier deaths, and the present one where it is dead. */
  history: readonly Death[] = [];

  constructor(sent: Sent, from: Span) {
    this.sent = sent;
    this.place = { kind: 'waiting', from, isDelayed: false };
  }

  get isUnsettled(): boolean {
    return this.place.kind === 'waiting' || this.place.kind === 'leased';
  }

  wait(from: Span, isDelayed: boolean): void {
    this.place = { kind: 'waiting', from, isDelayed };
  }

  /** Back with a fresh count. */
  revive(now: Span): void {
    this.count = 0;
    this.leaks = 0;
    this.isRisky = false;
    this.isRevived = true;
    this.wait(now, false);
  }

  toString(): string {
    const { place, count } = this;
    const where = place.kind === 'waiting' ? `waiting from ${place.from.lo}` : place.kind === 'leased' ? `leased to ${place.hold.consumer.name} until ${place.hold.until.lo}` : place.kind;
    return `${String(this.sent)} [${where}, ${count} deliveries${this.isRisky ? ', risky' : ''}]`;
  }
}
