import type { ClaimAnswer } from '../../src/port/delivery-store.js';
import type { BrokerEvent } from '../../src/port/events.js';
import type { WatchSignal } from '../../src/port/watch-source.js';
import type { Now } from './span.js';
import type { Consumer } from './state/consumer.js';
import type { Watching } from './state/watching.js';

/** What came from the backend by itself, in the order in which it came. */
export type Entry =
  | { readonly kind: 'event'; readonly now: Now; readonly event: BrokerEvent }
  | { readonly kind: 'claim'; readonly now: Now; readonly consumer: Consumer; readonly answer: ClaimAnswer }
  | { readonly kind: 'claim failed'; readonly now: Now; readonly consumer: Consumer; readonly error: unknown }
  | { readonly kind: 'signal'; readonly now: Now; readonly watching: Watching; readonly signal: WatchSignal }
  | { readonly kind: 'watch ended'; readonly now: Now; readonly watching: Watching; readonly error: unknown };
