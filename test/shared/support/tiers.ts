import { EMPTY, Observable, Subject, forkJoin, map, mergeMap, take, throwError } from 'rxjs';
import { memoryBroker, memoryWarmStore } from '../../../src/adapters/memory/index.js';
import { Chronow } from '../../../src/chronow.js';
import { ChronowError, isChronowError } from '../../../src/errors.js';
import type { ChronowEvent } from '../../../src/events.js';
import type { Broker } from '../../../src/port/broker.js';
import type { WarmStore } from '../../../src/port/warm-store.js';
import type { ChronowConfig } from '../../../src/config/config.js';
import { over } from '../../conformance/support/over.js';
import { virtualRuntime, type VirtualRuntime } from '../../support/virtual-runtime.js';

const key = { tenantId: 'default', namespace: 'default', key: 'k' };
const ttlSeconds = 10;
const dayMs = 86_400_000;

/** A broker with a bug. */
export type Plant = (broker: Broker) => Broker;

/** Both tiers in memory, one key `k`, and a client that can die: what the steps of docs/shared.md are done with. */
export class Tiers {
  readonly runtime: VirtualRuntime = virtualRuntime();
  readonly store: ReturnType<typeof memoryWarmStore> = memoryWarmStore({ runtime: this.runtime });
  readonly events: ChronowEvent[] = [];
  isDown = false;
  /** What a watcher of `k` was shown. */
  shown: unknown[] = [];
  cw: Chronow;
  broker: Broker;
  /** What the last `get` answered; undefined: none was asked. */
  answer: string | undefined = undefined;
  #hold: Subject<void> | undefined = undefined;
  readonly #config: ChronowConfig;

  readonly #plant: Plant;
  /** Whether the hot tier is there when a client is not: then others finish what it owed. They look every few seconds, which makes 30 days long. */
  readonly #isOutlived: boolean;

  constructor(config: ChronowConfig = {}, plant: Plant = (broker) => broker, isOutlived = false) {
    this.#config = config;
    this.#isOutlived = isOutlived;
    this.#plant = plant;
    this.broker = this.#newBroker();
    this.cw = this.#newClient();
    this.watch();
  }

  watch(): void {
    this.shown = [];
    this.cw.shared.watch('k').subscribe((value) => this.shown.push(value));
  }

  run(step: string): void {
    const [, name = '', inner] = /^(.*?)(?: \((.*)\))?$/.exec(step) ?? [];
    if (inner !== undefined) this.#around(name, inner);
    else this.#do(name);
    this.runtime.advance(0);
  }

  /** What a get gives now: the value, `–`, or the code of an error. */
  get(): string {
    let answer = 'nothing';
    this.cw.shared.get$('k').subscribe({ next: (value) => { answer = textOf(value); }, error: (error: unknown) => { answer = codeOf(error); } });
    return answer;
  }

  get exists(): boolean {
    let exists = false;
    this.cw.shared.exists$('k').subscribe((answer) => { exists = answer; });
    return exists;
  }

  get hot(): string {
    let text = '';
    this.broker.keys.get(key).subscribe(({ body, mark }) => { text = typeof body === 'string' ? textOf(JSON.parse(body)) : mark === 'none' ? '–' : mark; });
    return text;
  }

  get warm(): string {
    let text = '';
    forkJoin([this.store.loadValue(key), this.store.valueHistory(key, 10)]).subscribe(([newest, history]) => {
      const names = history.map(({ body }) => (typeof body === 'string' ? textOf(JSON.parse(body)) : 'closed'));
      text = names.length > 0 ? names.join(' ') : newest === undefined ? '–' : 'deleted';
    });
    return text;
  }

  #do(step: string): void {
    const [verb = '', ...words] = step.split(' ');
    switch (step) {
      case 'warm down': this.isDown = true; return;
      // Long enough for everything that is tried again.
      case 'warm up': this.isDown = false; this.runtime.advance(1_000); return;
      case 'expire': this.runtime.advance(ttlSeconds * 1_000); return;
      // Longer than what a process owed is its own.
      case '1 minute': this.runtime.advance(60_000); return;
      case '30 days': this.runtime.advance(30 * dayMs); return;
      case 'crash': this.#crash(); return;
      case 'hot lost': this.runtime.advance(1); this.broker = this.#newBroker(); this.#crash(); return;
      case 'get': this.answer = this.get(); return;
      case 'del': this.cw.shared.del$('k').subscribe(); return;
      case 'del tombstone': this.cw.shared.del$('k', { tombstone: true }).subscribe(); return;
      default:
        if (verb !== 'set' || words.some((word) => !/^(?:[a-z]|persist|append|ttl)$/.test(word))) throw new Error(`unknown step: ${step}`);
        this.#set(words);
    }
  }

  #set([value, ...words]: readonly string[]): void {
    const append = words.includes('append');
    this.cw.shared.set$('k', value, {
      hotTtlSeconds: words.includes('ttl') ? ttlSeconds : undefined,
      warm: { persist: append || words.includes('persist'), upsertStrategy: append ? 'append' : 'latest' },
    }).subscribe();
  }

  /** Something happens while a get waits for the warm tier. */
  #around(name: string, inner: string): void {
    if (name !== 'get') throw new Error(`nothing can come between in: ${name}`);
    const hold = new Subject<void>();
    this.#hold = hold;
    this.cw.shared.get$('k').subscribe({ next: (value) => { this.answer = textOf(value); } });
    this.#hold = undefined;
    const { answer } = this;
    this.#do(inner);
    this.answer = answer;
    hold.next();
  }

  #newBroker(): Broker {
    const broker = memoryBroker({ runtime: this.runtime });
    broker.open().subscribe();
    return this.#plant(broker);
  }

  /** The old one's timers go on, and reach nothing. */
  #crash(): void {
    this.cw = this.#newClient();
    this.shown = ['gone'];
  }

  #newClient(): Chronow {
    const isAlive = (): boolean => this.cw === cw;
    const cw: Chronow = Chronow.over({ broker: this.#hotLine(isAlive), runtime: this.runtime, config: this.#config, warm: this.#line(isAlive) });
    this.cw = cw;
    cw.events$.subscribe((event) => this.events.push(event));
    return cw;
  }

  /** The way of one client to the hot tier. */
  #hotLine(isAlive: () => boolean): Broker {
    const { broker } = this;
    const through = <T>(call: Observable<T>): Observable<T> => new Observable<T>((out) => (isAlive() ? call : EMPTY).subscribe(out));
    const keys = over(broker.keys, { get: (ref) => through(broker.keys.get(ref)), set: (write) => through(broker.keys.set(write)), del: (request) => through(broker.keys.del(request)) });
    return over(broker, { keys, capabilities: this.#isOutlived ? { ...broker.capabilities, durable: true, shared: true } : broker.capabilities });
  }

  /** The way of one client to the warm tier. */
  #line(isAlive: () => boolean): WarmStore {
    const through = <T>(call: () => Observable<T>): Observable<T> => new Observable<T>((out) => {
      const { isDown } = this;
      const sent = isDown ? throwError(() => new ChronowError('LINK_LOST', 'the warm tier is down', { retryable: true })) : isAlive() ? call() : EMPTY;
      return sent.subscribe(out);
    });
    const { store } = this;
    return over<WarmStore>(store, {
      saveValue: (value) => through(() => store.saveValue(value)),
      loadValue: (ref) => through(() => {
        const hold = this.#hold;
        const loaded = store.loadValue(ref);
        // Read before what comes between, answered after it.
        return hold === undefined ? loaded : loaded.pipe(mergeMap((value) => hold.pipe(take(1), map(() => value))));
      }),
      deleteValue: (ref, deletion) => through(() => store.deleteValue(ref, deletion)),
      valueHistory: (ref, limit) => through(() => store.valueHistory(ref, limit)),
      saveMessages: (topic, messages, days) => through(() => store.saveMessages(topic, messages, days)),
      saveDeadLetter: (subscription, record, days) => through(() => store.saveDeadLetter(subscription, record, days)),
    });
  }
}

/** A value of the table; `–`: none. */
export function textOf(value: unknown): string {
  return value === null || value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value);
}

export function codeOf(error: unknown): string {
  return isChronowError(error) ? error.code : String(error);
}
