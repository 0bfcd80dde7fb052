import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import type { KeyRef, Scope } from '../../port/names.js';
import type { KeyChange, WatchSignal, WatchSource } from '../../port/watch-source.js';
import type { Gate } from './gate.js';
import type { KeyTable } from './key-table.js';
import { Scoped } from './scoped.js';

/** An observer that answers each change with another would never let go: after so many at a stretch it goes on in the next turn. */
const changesPerTurn = 4_096;

/** One observer. `seen` is the number of the last change it needs no telling of. */
interface Watcher {
  readonly subscriber: Subscriber<WatchSignal>;
  seen: number;
}

interface PrefixWatcher extends Watcher {
  readonly scope: Scope;
  readonly prefix: string;
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
  readonly #byKey: Scoped<Set<Watcher>> = new Scoped();
  readonly #byPrefix: Set<PrefixWatcher> = new Set();
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
    return this.#begin(
      () => [{ key, state: this.#table.read(key), cause: 'resync' }],
      (subscriber) => {
        const watcher: Watcher = { subscriber, seen: this.#last };
        const watchers = this.#byKey.get(key, key.key) ?? new Set();
        this.#byKey.set(key, key.key, watchers.add(watcher));
        this.#table.rearm(key);
        return () => {
          watchers.delete(watcher);
          if (watchers.size === 0 && this.#byKey.get(key, key.key) === watchers) this.#byKey.delete(key, key.key);
          this.#table.rearm(key);
        };
      },
    );
  }

  watchPrefix(scope: Scope, prefix: string): Observable<WatchSignal> {
    return this.#begin(
      () => this.#table.present(scope, prefix),
      (subscriber) => {
        const watcher: PrefixWatcher = { subscriber, scope, prefix, seen: this.#last };
        this.#byPrefix.add(watcher);
        this.#table.rearmAll(scope, prefix);
        return () => {
          this.#byPrefix.delete(watcher);
          this.#table.rearmAll(scope, prefix);
        };
      },
    );
  }

  /** Watches end with the broker. */
  close(): void {
    const watchers: Watcher[] = [...this.#byPrefix];
    for (const some of this.#byKey) watchers.push(...some);
    for (const { subscriber } of watchers) subscriber.complete();
  }

  #begin(present: () => readonly KeyChange[], add: (subscriber: Subscriber<WatchSignal>) => () => void): Observable<WatchSignal> {
    return new Observable((subscriber) => {
      let states: readonly KeyChange[];
      try {
        this.#gate.check();
        states = present();
      } catch (error) {
        subscriber.error(error);
        return undefined;
      }
      const remove = add(subscriber);
      // Whatever is set meanwhile waits until this observer has seen where it begins.
      const isOutermost = !this.#ringing;
      this.#ringing = true;
      for (const change of states) subscriber.next({ kind: 'change', change });
      subscriber.next({ kind: 'status', status: 'live' });
      if (isOutermost) this.#ring();
      return remove;
    });
  }

  #isWatched(key: KeyRef): boolean {
    if (this.#byKey.get(key, key.key) !== undefined) return true;
    for (const watcher of this.#byPrefix) if (covers(watcher, key)) return true;
    return false;
  }

  #show(change: KeyChange): void {
    this.#last++;
    this.#queue.push({ number: this.#last, change });
    if (!this.#ringing) this.#ring();
  }

  #ring(): void {
    this.#ringing = true;
    let left = changesPerTurn;
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const { number, change } of batch) this.#tell(number, change);
      left -= batch.length;
      if (left <= 0 && this.#queue.length > 0) {
        this.#table.nextTurn(() => { this.#ring(); });
        return;
      }
    }
    this.#ringing = false;
  }

  #tell(number: number, change: KeyChange): void {
    const watchers: Watcher[] = [...(this.#byKey.get(change.key, change.key.key) ?? [])];
    for (const watcher of this.#byPrefix) if (covers(watcher, change.key)) watchers.push(watcher);
    for (const watcher of watchers) {
      if (watcher.seen >= number) continue;
      watcher.seen = number;
      watcher.subscriber.next({ kind: 'change', change });
    }
  }
}

function covers({ scope, prefix }: PrefixWatcher, { tenantId, namespace, key }: KeyRef): boolean {
  return scope.tenantId === tenantId && scope.namespace === namespace && key.startsWith(prefix);
}
