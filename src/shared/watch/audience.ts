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

/** One observer, of values or of changes, and what it has seen. A class with few fields: there may be ten thousand of them. */
class Observer<E> {
  readonly subscriber: Subscriber<E>;
  order = -1;
  revision = -1;
  /** undefined: it was shown nothing yet. */
  isPresent: boolean | undefined = undefined;

  constructor(subscriber: Subscriber<E>) {
    this.subscriber = subscriber;
  }

  saw(shown: Shown<unknown>): void {
    this.order = shown.order;
    this.revision = shown.revision;
    this.isPresent = shown.isPresent;
  }

  hasSeen(showing: Showing<unknown>): boolean {
    return this.order >= showing.order || (this.revision >= showing.revision && !showing.forced);
  }
}

/** The observers of one watch. Each is shown what it has not seen, in one order. */
export class Audience<V> {
  readonly #values = new Set<Observer<V>>();
  readonly #changes = new Set<Observer<WatchChange<V>>>();
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
    const observer = new Observer(subscriber);
    this.#values.add(observer);
    subscriber.add(() => this.#values.delete(observer));
    return (start) => {
      if (start === undefined || subscriber.closed) return;
      observer.saw(start);
      subscriber.next(start.value);
    };
  }

  addChanges(subscriber: Subscriber<WatchChange<V>>): (start: Shown<V> | undefined) => void {
    const observer = new Observer(subscriber);
    this.#changes.add(observer);
    subscriber.add(() => this.#changes.delete(observer));
    return (start) => { if (start !== undefined) observer.saw(start); };
  }

  show(showing: Showing<V>): void {
    for (const observer of this.#values) {
      if (observer.hasSeen(showing)) continue;
      const isNew = observer.isPresent === undefined || isNews(observer.isPresent, showing);
      observer.saw(showing);
      if (isNew) observer.subscriber.next(showing.value);
    }
    const last = this.#last;
    this.#last = showing;
    if (last === undefined || !isNews(last.isPresent, showing)) return;
    // Confirmed after a gap in which nothing happened.
    if (last.revision === showing.revision && !showing.forced) return;
    const change: WatchChange<V> = { old: last.value, new: showing.value, revision: showing.revision, cause: showing.cause };
    for (const observer of this.#changes) {
      if (observer.hasSeen(showing)) continue;
      observer.saw(showing);
      observer.subscriber.next(change);
    }
  }

  end(error: unknown): void {
    for (const { subscriber } of [...this.#values, ...this.#changes]) {
      if (error === undefined) subscriber.complete();
      else subscriber.error(error);
    }
  }
}

/** A key that is absent stays absent; a value that only changed its tier is the same. */
function isNews(wasPresent: boolean, showing: Showing<unknown>): boolean {
  return !showing.quiet && (wasPresent || showing.isPresent);
}
