import { Observable, Subject, type Subscriber } from 'rxjs';
import { memoryBroker } from '../../../src/adapters/memory/index.js';
import { Chronow } from '../../../src/chronow.js';
import type { ChronowEvent } from '../../../src/events.js';
import type { KeyState, KeyWrite, KeyWriteAnswer } from '../../../src/port/key-store.js';
import type { KeyChangeCause, WatchSignal, WatchStatus } from '../../../src/port/watch-source.js';
import { over } from '../../conformance/support/over.js';
import { virtualRuntime, type VirtualRuntime } from '../../support/virtual-runtime.js';

/** A client whose backend shows and answers what the test says, and when. */
export class ScriptedWatch {
  readonly runtime: VirtualRuntime = virtualRuntime();
  readonly cw: Chronow;
  readonly events: ChronowEvent[] = [];
  /** How often a watch was begun, and how many run. */
  begun = 0;
  running = 0;
  /** Writes that were not answered, in their order. */
  readonly writes: { readonly write: KeyWrite; readonly answer: (answer: KeyWriteAnswer) => void; readonly fail: (error: unknown) => void }[] = [];
  #line: Subscriber<WatchSignal> | undefined = undefined;

  constructor() {
    const broker = memoryBroker({ runtime: this.runtime });
    broker.open().subscribe();
    const watch = (): Observable<WatchSignal> => new Observable((line) => {
      this.begun += 1;
      this.running += 1;
      this.#line = line;
      return () => { this.running -= 1; };
    });
    const set = (write: KeyWrite): Observable<KeyWriteAnswer> => new Observable((out) => {
      const answer = new Subject<KeyWriteAnswer>();
      this.writes.push({ write, answer: (given) => { answer.next(given); answer.complete(); }, fail: (error) => { answer.error(error instanceof Error ? error : new TypeError('planted no error')); } });
      return answer.subscribe(out);
    });
    this.cw = Chronow.over({ broker: over(broker, { watches: { watchKey: watch, watchPrefix: watch }, keys: over(broker.keys, { set }) }), runtime: this.runtime });
    this.cw.events$.subscribe((event) => this.events.push(event));
  }

  /** The backend shows a state; undefined: absent. */
  show(revision: number, value: unknown, cause: KeyChangeCause = 'set', key = 'k'): void {
    this.#line?.next({ kind: 'change', change: { key: { tenantId: 'default', namespace: 'default', key }, state: stateOf(revision, value), cause } });
  }

  status(status: WatchStatus): void {
    this.#line?.next({ kind: 'status', status });
  }

  fail(error: unknown): void {
    this.#line?.error(error);
  }

  /** The oldest write that waits is done at this revision. */
  done(revision: number): void {
    const first = this.writes.shift();
    first?.answer({ written: true, state: { ...stateOf(revision, 0), body: first.write.body } });
  }
}

function stateOf(revision: number, value: unknown): KeyState {
  return { revision, body: value === undefined ? undefined : JSON.stringify(value), expiresAt: undefined, mark: 'none' };
}

/** What an observer is shown: values, `!` and a code, `|`. */
export function see(watch: Observable<unknown>): { readonly log: unknown[]; readonly stop: () => void } {
  const log: unknown[] = [];
  const subscription = watch.subscribe({ next: (value) => log.push(value), error: (error: unknown) => log.push('!', Reflect.get(Object(error), 'code')), complete: () => log.push('|') });
  return { log, stop: () => { subscription.unsubscribe(); } };
}
