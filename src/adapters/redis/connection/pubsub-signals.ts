import type { Observable } from 'rxjs';

/** Pub/Sub as the adapter sees it. Neither Observable ever errors or completes before the connection is closed: a lost line is a signal. */
export interface PubSub {
  /** Cold. `subscribed` once the server confirmed, and again after each reconnect; `lost` when the line goes; messages between. */
  channel(name: string): Observable<ChannelSignal>;
  /**
   * Cold. Keyspace events: PSUBSCRIBE of one pattern on every master. `subscribed` when all of them confirmed, `lost` when one of them is not
   * subscribed any more. Under an ACL the pattern must be allowed literally.
   */
  keyspace(pattern: string): Observable<KeyspaceSignal>;
}

export type ChannelSignal = LineSignal | { readonly kind: 'message'; readonly text: string };

/** `channel` is the whole channel (`__keyspace@0__:…`), `text` the event (`set`, `del`, `expired`, …). */
export type KeyspaceSignal = LineSignal | { readonly kind: 'message'; readonly channel: string; readonly text: string };

export type LineSignal = { readonly kind: 'subscribed' } | { readonly kind: 'lost' };
