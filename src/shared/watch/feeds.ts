import { AsyncSubject, type Observable } from 'rxjs';
import type { KeyState } from '../../port/key-store.js';
import type { KeyRef, Scope } from '../../port/names.js';
import type { WatchSignal } from '../../port/watch-source.js';
import type { Client } from '../../topic/client.js';
import { Feed } from './feed.js';

/** What a warm tier holds of a key; undefined where there is no warm tier. */
export type WarmLookup = ((key: KeyRef) => Observable<KeyState | undefined>) | undefined;

/** The running feeds of a client: one for each key or prefix that somebody observes, or did a moment ago. */
export class Feeds {
  readonly #client: Client;
  readonly #warm: WarmLookup;
  readonly #running = new Map<string, Feed>();
  readonly #closed$ = new AsyncSubject<void>();
  #unregister: (() => void) | undefined = undefined;

  constructor(client: Client, warm: WarmLookup) {
    this.#client = client;
    this.#warm = warm;
  }

  /** Answers once the client is closed, also to who asks afterwards. */
  get closed$(): Observable<void> {
    this.#unregister ??= this.#client.register({ drain: () => { this.#end(); }, revokeAll: () => undefined });
    return this.#closed$;
  }

  /** The feed of a key, if it runs. */
  find(key: KeyRef): Feed | undefined {
    return this.#running.get(nameOf('key', key, key.key));
  }

  ofKey(key: KeyRef): Feed {
    return this.#feed(nameOf('key', key, key.key), key.key, key, () => this.#client.broker.watches.watchKey(key));
  }

  ofPrefix(scope: Scope, prefix: string): Feed {
    return this.#feed(nameOf('prefix', scope, prefix), undefined, scope, () => this.#client.broker.watches.watchPrefix(scope, prefix));
  }

  /** A write of this client is known before the backend shows it. What a delete leaves may be a warm copy. */
  wrote(key: KeyRef, state: KeyState): void {
    if (state.body !== undefined || state.mark !== 'none' || this.#warm === undefined) this.find(key)?.wrote(key.key, state);
  }

  #feed(name: string, key: string | undefined, { tenantId, namespace }: Scope, open: () => Observable<WatchSignal>): Feed {
    const found = this.#running.get(name);
    if (found !== undefined) return found;
    const warm = this.#warm;
    const feed = new Feed({
      runtime: this.#client.runtime,
      open,
      key,
      warmCopy: warm === undefined ? undefined : (one) => warm({ tenantId, namespace, key: one }),
      onStop: () => { this.#running.delete(name); },
    });
    this.#running.set(name, feed);
    return feed;
  }

  /** With the client. */
  #end(): void {
    for (const feed of [...this.#running.values()]) feed.end();
    this.#closed$.next();
    this.#closed$.complete();
    this.#unregister?.();
  }
}

/** Tenant and namespace are names without a line break. */
function nameOf(kind: 'key' | 'prefix', { tenantId, namespace }: Scope, name: string): string {
  return [kind, tenantId, namespace, name].join('\n');
}
