import { AsyncSubject, concat, defer, ignoreElements, throwError, type Observable } from 'rxjs';
import { memoryBroker, memoryWarmStore } from '../../../src/adapters/memory/index.js';
import { Chronow } from '../../../src/chronow.js';
import type { ChronowConfig } from '../../../src/config/config.js';
import type { ChronowEvent } from '../../../src/events.js';
import type { Broker } from '../../../src/port/broker.js';
import type { SettledDelivery, WarmStore } from '../../../src/port/warm-store.js';
import { over } from '../../conformance/support/over.js';
import { virtualRuntime, type VirtualRuntime } from '../../support/virtual-runtime.js';

export const key = { tenantId: 'default', namespace: 'default', key: 'k' } as const;
export const topic = { tenantId: 'default', namespace: 'default', topic: 't' } as const;

/** A client with a warm tier whose writes fail or hang as the test says. */
export class WarmScene {
  readonly runtime: VirtualRuntime = virtualRuntime();
  readonly store: ReturnType<typeof memoryWarmStore> = memoryWarmStore({ runtime: this.runtime });
  readonly broker: Broker = memoryBroker({ runtime: this.runtime });
  readonly cw: Chronow;
  readonly events: ChronowEvent[] = [];
  /** Writes that reached the line: `saveValue`. */
  readonly calls: string[] = [];
  /** What the next writes fail with; undefined: they are done. */
  error: Error | undefined = undefined;
  /** The writes wait for it; undefined: they do not. */
  #gate: AsyncSubject<void> | undefined = undefined;
  /** What saving deliveries throws, as no store should. */
  throws: Error | undefined = undefined;

  constructor(config: ChronowConfig = {}) {
    const { store } = this;
    this.broker.open().subscribe();
    const planted: Partial<WarmStore> = {
      saveValue: (value) => this.#write('saveValue', store.saveValue(value)),
      deleteValue: (ref, deletion) => this.#write('deleteValue', store.deleteValue(ref, deletion)),
      saveMessages: (ref, messages, days) => this.#write(`saveMessages ${messages.length}`, store.saveMessages(ref, messages, days)),
      saveDeadLetter: (ref, record, days) => this.#write('saveDeadLetter', store.saveDeadLetter(ref, record, days)),
      saveDeliveries: (ref, deliveries, days) => {
        if (this.throws !== undefined) throw this.throws;
        return this.#write(`saveDeliveries ${deliveries.length}`, store.saveDeliveries(ref, deliveries, days));
      },
    };
    this.cw = Chronow.over({ broker: this.broker, runtime: this.runtime, config, warm: over<WarmStore>(store, planted) });
    this.cw.events$.subscribe((event) => this.events.push(event));
  }

  set(value: unknown, persist: boolean | 'required' = true, append = false): { answer: unknown } {
    const outcome: { answer: unknown } = { answer: undefined };
    this.cw.shared.set$('k', value, { warm: { persist, upsertStrategy: append ? 'append' : 'latest' } }).subscribe({
      next: (revision) => { outcome.answer = revision; },
      error: (error: unknown) => { outcome.answer = Reflect.get(Object(error), 'code'); },
    });
    return outcome;
  }

  /** From now on writes are not answered. */
  hold(): void {
    this.#gate = new AsyncSubject<void>();
  }

  release(): void {
    this.#end((gate) => { gate.complete(); });
  }

  /** What waits fails. */
  refuse(error: Error): void {
    this.#end((gate) => { gate.error(error); });
  }

  /** Values in the warm tier, newest first. */
  get history(): readonly unknown[] {
    let found: readonly unknown[] = [];
    this.cw.shared.history$('k').subscribe((versions) => { found = versions.map(({ value, isDeletion }) => (isDeletion ? 'closed' : value)); });
    return found;
  }

  get messages(): readonly unknown[] {
    let found: readonly unknown[] = [];
    this.store.readMessages({ topic, from: 0, to: Infinity, max: 1_000 }).subscribe((messages) => { found = messages.map(({ body }) => JSON.parse(String(body)) as unknown); });
    return found;
  }

  /** Records of settled deliveries of the topic `t`. */
  settled(subscription: string = 's'): readonly SettledDelivery[] {
    let found: readonly SettledDelivery[] = [];
    this.store.deliveries({ ...topic, subscription }).subscribe((deliveries) => { found = deliveries; });
    return found;
  }

  /** The same in short: attempt, status, reason. */
  deliveries(subscription: string = 's'): readonly string[] {
    return this.settled(subscription).map(({ attempt, status, reason }) => [attempt, status, ...(reason === undefined ? [] : [reason])].join(' '));
  }

  #end(how: (gate: AsyncSubject<void>) => void): void {
    const gate = this.#gate;
    this.#gate = undefined;
    if (gate !== undefined) how(gate);
  }

  #write(name: string, call: Observable<void>): Observable<void> {
    return defer(() => {
      this.calls.push(name);
      const { error } = this;
      if (error !== undefined) return throwError(() => error);
      return this.#gate === undefined ? call : concat(this.#gate.pipe(ignoreElements()), call);
    });
  }
}
