import type { Subscriber } from 'rxjs';
import type { KeyChangeCause } from '../../port/watch-source.js';
import type { WatchChange } from './options.js';

/** A value as it is shown. */
export interface Shown<V> {
  readonly value: V;
  readonly isPresent: boolean;
  readonly revision: number;
  /** Counts what was learned. */
  readonly order: number;
}

/** A new value, and how it came. */
export interface Showing<V> extends Shown<V> {
  readonly cause: KeyChangeCause;
  readonly forced: boolean;
  readonly quiet: boolean;
}

/** One observer, of values or of changes, and what it has seen. */
interface Observer {
  order: number;
  revision: number;
  /** undefined: nothing yet. */
  isPresent: boolean | undefined;
  readonly complete: () => void;
  readonly error: (error: unknown) => void;
}

interface ValueObserver<V> extends Observer {
  readonly next: (value: V) => void;
}

interface ChangeObserver<V> extends Observer {
  readonly change: (change: WatchChange<V>) => void;
}

/** The observers of one watch. Each is shown what it has not seen, in one order. */
export class Audience<V> {
  readonly #values = new Set<ValueObserver<V>>();
  readonly #changes = new Set<ChangeObserver<V>>();
  /** What was shown last, also while nobody observed. */
  #last: Shown<V> | undefined;

  constructor(initial: Shown<V> | undefined) {
    this.#last = initial;
  }

  get isEmpty(): boolean {
    return this.#values.size + this.#changes.size === 0;
  }

  /** The answer shows the observer where it begins; undefined: nothing is known. */
  addValues(subscriber: Subscriber<V>): (start: Shown<V> | undefined) => void {
    const observer: ValueObserver<V> = { ...unseen, ...sinkOf(subscriber), next: (value) => { subscriber.next(value); } };
    this.#values.add(observer);
    subscriber.add(() => this.#values.delete(observer));
    return (start) => {
      if (start === undefined || subscriber.closed) return;
      saw(observer, start);
      subscriber.next(start.value);
    };
  }

  addChanges(subscriber: Subscriber<WatchChange<V>>): (start: Shown<V> | undefined) => void {
    const observer: ChangeObserver<V> = { ...unseen, ...sinkOf(subscriber), change: (change) => { subscriber.next(change); } };
    this.#changes.add(observer);
    subscriber.add(() => this.#changes.delete(observer));
    return (start) => { if (start !== undefined) saw(observer, start); };
  }

  show(showing: Showing<V>): void {
    for (const observer of this.#values) {
      if (hasSeen(observer, showing)) continue;
      const isNew = observer.isPresent === undefined || isNews(observer.isPresent, showing);
      saw(observer, showing);
      if (isNew) observer.next(showing.value);
    }
    const last = this.#last;
    this.#last = showing;
    if (last === undefined || !isNews(last.isPresent, showing)) return;
    // Confirmed after a gap in which nothing happened.
    if (last.revision === showing.revision && !showing.forced) return;
    const change: WatchChange<V> = { old: last.value, new: showing.value, revision: showing.revision, cause: showing.cause };
    for (const observer of this.#changes) {
      if (hasSeen(observer, showing)) continue;
      saw(observer, showing);
      observer.change(change);
    }
  }

  end(error: unknown): void {
    for (const observer of [...this.#values, ...this.#changes]) {
      if (error === undefined) observer.complete();
      else observer.error(error);
    }
  }
}

const unseen = { order: -1, revision: -1, isPresent: undefined } as const;

function sinkOf(subscriber: Subscriber<never>): Pick<Observer, 'complete' | 'error'> {
  return { complete: () => { subscriber.complete(); }, error: (error) => { subscriber.error(error); } };
}

/** A key that is absent stays absent; a value that only changed its tier is the same. */
function isNews(wasPresent: boolean, showing: Showing<unknown>): boolean {
  return !showing.quiet && (wasPresent || showing.isPresent);
}

function hasSeen(observer: Observer, { order, revision, forced }: Showing<unknown>): boolean {
  return observer.order >= order || (observer.revision >= revision && !forced);
}

function saw(observer: Observer, { order, revision, isPresent }: Shown<unknown>): void {
  observer.order = order;
  observer.revision = revision;
  observer.isPresent = isPresent;
}
