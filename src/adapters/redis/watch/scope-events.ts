import type { Unsubscribable } from 'rxjs';
import type { Scope } from '../../../port/names.js';
import type { Context } from '../context.js';
import { valuePrefix } from '../keys/value-keys.js';

export interface EventListener {
  /** A keyspace event of a value: its key, and the event's name. */
  event(value: string, name: string): void;
  /** Events are told from now on; those before were not. */
  subscribed(): void;
}

/**
 * Keyspace events of the values of one scope, for all who watch some of them in this process: one pattern, so that an access list needs to name
 * one. They say that something happened and to which key, nothing else, and only what happens while somebody listens.
 */
export class ScopeEvents {
  readonly #pattern: string;
  readonly #context: Context;
  readonly #cut: number;
  readonly #onSubscribed: () => void;
  readonly #byValue = new Map<string, Set<EventListener>>();
  readonly #ofAll = new Set<EventListener>();
  #line: Unsubscribable | undefined = undefined;

  /** `onSubscribed` is told each time that the subscription stands (again). */
  constructor(context: Context, scope: Scope, onSubscribed: () => void) {
    this.#context = context;
    const before = `__keyspace@${String(context.connection.db)}__:`;
    this.#cut = before.length;
    this.#pattern = `${before}${valuePrefix(context.keys, scope)}*`;
    this.#onSubscribed = onSubscribed;
  }

  /** Of one value; returns what ends it. */
  listen(value: string, listener: EventListener): () => void {
    const listeners = this.#byValue.get(value) ?? new Set<EventListener>();
    this.#byValue.set(value, listeners.add(listener));
    this.#start();
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#byValue.get(value) === listeners) this.#byValue.delete(value);
      this.#stopIfIdle();
    };
  }

  /** Of all values of the scope. */
  listenToAll(listener: EventListener): () => void {
    this.#ofAll.add(listener);
    this.#start();
    return () => {
      this.#ofAll.delete(listener);
      this.#stopIfIdle();
    };
  }

  /** The next event of one value. */
  next(value: string): { readonly arrived: Promise<void>; readonly stop: () => void } {
    let stop = (): void => undefined;
    const arrived = new Promise<void>((resolve) => { stop = this.listen(value, { event: () => { resolve(); }, subscribed: () => undefined }); });
    return { arrived, stop };
  }

  #start(): void {
    if (this.#line !== undefined) return;
    this.#line = this.#context.connection.pubsub.keyspace(this.#pattern).subscribe({
      next: (signal) => {
        if (signal.kind === 'message') this.#tell(signal.channel.slice(this.#cut), signal.text);
        else if (signal.kind === 'subscribed') this.#subscribed();
      },
      // It does not; and what events would have told is found by reading.
      error: () => undefined,
    });
  }

  #stopIfIdle(): void {
    if (this.#byValue.size > 0 || this.#ofAll.size > 0) return;
    this.#line?.unsubscribe();
    this.#line = undefined;
  }

  #tell(value: string, name: string): void {
    for (const listener of [...(this.#byValue.get(value) ?? []), ...this.#ofAll]) listener.event(value, name);
  }

  #subscribed(): void {
    const listeners = [...this.#ofAll];
    for (const some of this.#byValue.values()) listeners.push(...some);
    for (const listener of listeners) listener.subscribed();
    this.#onSubscribed();
  }
}
