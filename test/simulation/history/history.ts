import type { BrokerEvent } from '../../../src/port/events.js';
import type { SettleAction, SettleDeviation } from '../../../src/port/lease.js';
import type { KeyChangeCause, WatchStatus } from '../../../src/port/watch-source.js';

/** What the broker was asked and did, by its own clock `b`. Written down beside the broker, before the network. */
export type BrokerSide =
  | { readonly kind: 'stored'; readonly b: number; readonly client: string; readonly token: string; readonly topic: string; readonly items: readonly StoredItem[] }
  | { readonly kind: 'attached'; readonly consumer: string; readonly client: string; readonly sub: string }
  | { readonly kind: 'claim-waits'; readonly consumer: string; readonly sub: string; readonly max: number }
  | { readonly kind: 'claim-over'; readonly consumer: string; readonly sub: string }
  | LeasedEvent
  | { readonly kind: 'settled'; readonly b: number; readonly client: string; readonly consumer: string; readonly sub: string; readonly lease: string; readonly action: SettleAction; readonly delayMs: number | undefined; readonly reason: string | undefined; readonly result: SettleDeviation['result'] | 'done' }
  | { readonly kind: 'renewed'; readonly b: number; readonly sub: string; readonly lease: string; readonly until: number }
  | { readonly kind: 'noticed'; readonly b: number; readonly event: BrokerEvent }
  | { readonly kind: 'key-changed'; readonly b: number; readonly client: string; readonly key: string; readonly revision: number; readonly body: string | undefined };

export interface LeasedEvent {
  readonly kind: 'leased';
  readonly b: number;
  readonly client: string;
  readonly consumer: string;
  readonly sub: string;
  readonly lease: string;
  readonly id: string;
  readonly n: number;
  readonly key: string | undefined;
  readonly body: string;
  readonly headers: string;
  readonly count: number;
  readonly until: number;
  readonly isolated: boolean;
}

export interface StoredItem {
  readonly id: string;
  readonly n: number;
  readonly key: string | undefined;
  readonly duplicate: boolean;
  /** As its receipt says. */
  readonly dueAt: number | undefined;
  /** As was asked. */
  readonly delayMs: number | undefined;
  readonly ttlMs: number | undefined;
}

/** What a process did and saw. `client` is the process: `c1.2` is the second one of client `c1`. */
export type ClientSide =
  | { readonly kind: 'publish'; readonly client: string; readonly call: string; readonly ns: readonly number[] }
  | { readonly kind: 'publish-ok'; readonly client: string; readonly call: string; readonly ns: readonly number[]; readonly ids: readonly string[] }
  | { readonly kind: 'publish-unknown'; readonly client: string; readonly call: string; readonly ns: readonly number[] }
  | { readonly kind: 'publish-refused'; readonly client: string; readonly call: string; readonly ns: readonly number[]; readonly code: string }
  | { readonly kind: 'call'; readonly client: string; readonly what: string; readonly outcome: string }
  | { readonly kind: 'demand'; readonly client: string; readonly consumer: string; readonly sub: string; readonly max: number; readonly held: number; readonly window: number }
  | { readonly kind: 'received'; readonly client: string; readonly consumer: string; readonly sub: string; readonly lease: string; readonly id: string; readonly n: number }
  | { readonly kind: 'started'; readonly client: string; readonly sub: string; readonly lease: string; readonly id: string; readonly n: number; readonly key: string | undefined; readonly count: number }
  | { readonly kind: 'ended'; readonly client: string; readonly sub: string; readonly lease: string; readonly n: number; readonly how: 'done' | 'failed' | 'stopped' | 'died' }
  | { readonly kind: 'outcome'; readonly client: string; readonly sub: string; readonly id: string; readonly n: number; readonly count: number; readonly what: string }
  | { readonly kind: 'stream-error'; readonly client: string; readonly sub: string; readonly code: string }
  | { readonly kind: 'watched'; readonly by: 'port' | 'core'; readonly client: string; readonly key: string; readonly revision: number; readonly body: string | undefined; readonly cause: KeyChangeCause }
  | { readonly kind: 'watch-status'; readonly client: string; readonly key: string; readonly status: WatchStatus };

/** What befell a process, its line or the broker. */
export type FaultSide =
  | { readonly kind: 'fault'; readonly what: string; readonly client: string; readonly from: number; readonly to: number }
  | { readonly kind: 'gone'; readonly client: string; readonly why: string }
  | { readonly kind: 'call-fault'; readonly client: string; readonly op: string; readonly fate: string }
  | { readonly kind: 'healed' };

/** `seq`: the place in the history; much happens at one time. */
export type HistoryEvent = (BrokerSide | ClientSide | FaultSide) & { readonly at: number; readonly seq: number };

/** One list of everything, in the order in which it happened. */
export class History {
  readonly events: HistoryEvent[] = [];
  readonly #time: () => number;

  constructor(time: () => number) {
    this.#time = time;
  }

  add(event: BrokerSide | ClientSide | FaultSide): void {
    this.events.push({ at: this.#time(), seq: this.events.length, ...event });
  }
}
