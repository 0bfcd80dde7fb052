import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import type { KeyRef, Scope } from '../../port/names.js';
import type { KeyChange, WatchSignal, WatchSource } from '../../port/watch-source.js';
import type { Gate } from './gate.js';
import type { KeyTable } from './key-table.js';

/** One observer. `seen` is the number of the last change it needs no telling of. */
interface Watcher {
  readonly subscriber: Subscriber<WatchSignal>;
  readonly scope: Scope;
  readonly matches: (key: string) => boolean;
  seen: number;
}

interface Numbered {
  readonly number: number;
  readonly change: KeyChange;
}

/**
 * Shows changes to whoever watches, all in one order: what an observer sets while it is shown something is shown
 * afterwards, to everybody.
 */
export class Watchers implements WatchSource {
  readonly #gate: Gate;
  readonly #table: KeyTable;
  readonly #watchers: Set<Watcher> = new Set();
  #queue: Numbered[] = [];
  #last = 0;
  #ringing = false;

  constructor(gate: Gate, table: KeyTable) {
    this.#gate = gate;
    this.#table = table;
    table.onChange = (change) => this.#show(change);
    table.isWatched = (key) => this.#isWatched(key);
  }

  watchKey(key: KeyRef): Observable<WatchSignal> {
    return this.#watch(key, (name) => name === key.key, () => [{ key, state: this.#table.read(key), cause: 'resync' }]);
  }

  watchPrefix(scope: Scope, prefix: string): Observable<WatchSignal> {
    return this.#watch(scope, (name) => name.startsWith(prefix), () => this.#table.present(scope, prefix));
  }

  /** Watches end with the broker. */
  close(): void {
    for (const watcher of [...this.#watchers]) watcher.subscriber.complete();
  }

  #watch(scope: Scope, matches: (key: string) => boolean, present: () => readonly KeyChange[]): Observable<WatchSignal> {
    return new Observable((subscriber) => {
      let states: readonly KeyChange[];
      try {
        this.#gate.check();
        states = present();
      } catch (error) {
        subscriber.error(error);
        return undefined;
      }
      const watcher: Watcher = { subscriber, scope, matches, seen: this.#last };
      this.#watchers.add(watcher);
      this.#table.watched(scope, matches);
      // Whatever is set meanwhile waits until this observer has seen where it begins.
      const outermost = !this.#ringing;
      this.#ringing = true;
      for (const change of states) subscriber.next({ kind: 'change', change });
      subscriber.next({ kind: 'status', status: 'live' });
      if (outermost) this.#ring();
      return () => {
        this.#watchers.delete(watcher);
        this.#table.watched(scope, matches);
      };
    });
  }

  #isWatched({ tenantId, namespace, key }: KeyRef): boolean {
    for (const { scope, matches } of this.#watchers) if (scope.tenantId === tenantId && scope.namespace === namespace && matches(key)) return true;
    return false;
  }

  #show(change: KeyChange): void {
    this.#last++;
    if (this.#watchers.size === 0) return;
    this.#queue.push({ number: this.#last, change });
    if (!this.#ringing) this.#ring();
  }

  #ring(): void {
    this.#ringing = true;
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const { number, change } of batch) this.#tell(number, change);
    }
    this.#ringing = false;
  }

  #tell(number: number, change: KeyChange): void {
    const { tenantId, namespace, key } = change.key;
    for (const watcher of [...this.#watchers]) {
      if (watcher.seen >= number || watcher.scope.tenantId !== tenantId || watcher.scope.namespace !== namespace || !watcher.matches(key)) continue;
      watcher.seen = number;
      watcher.subscriber.next({ kind: 'change', change });
    }
  }
}
