import { NEVER, Observable, Subject, map, mergeMap, of, take } from 'rxjs';
import { memoryBroker, memoryWarmStore } from '../../../src/adapters/memory/index.js';
import { Chronow } from '../../../src/chronow.js';
import type { ChronowConfig } from '../../../src/config/config.js';
import { ChronowError } from '../../../src/errors.js';
import type { ChronowEvent } from '../../../src/events.js';
import type { Broker } from '../../../src/port/broker.js';
import type { KeyStore } from '../../../src/port/key-store.js';
import type { StoredMessage } from '../../../src/port/message.js';
import type { WarmStore } from '../../../src/port/warm-store.js';
import { over } from '../../conformance/support/over.js';
import { virtualRuntime, type VirtualRuntime } from '../../support/virtual-runtime.js';

/** A client that can be killed, or stand still for a while: what it asks meanwhile is not answered, and not carried out. */
export class Process {
  readonly cw: Chronow;
  readonly events: ChronowEvent[] = [];
  /** What it asked of the hot tier's keys: `set cw-key`. */
  readonly commands: string[] = [];
  /** What it asked of the warm tier: `saveMessages 2`. */
  readonly writes: string[] = [];
  isStill = false;
  /** The warm tier cannot be reached from here. */
  isCutOff = false;
  /** How long the warm tier takes for each of its writes, ms. */
  warmTakesMs = 0;
  /** What the next writes of keys end with; undefined: they are done. */
  keysFail: Error | undefined = undefined;

  readonly #runtime: VirtualRuntime;
  #deafAt: string | undefined = undefined;
  #deaf: Subject<void> | undefined = undefined;

  constructor(scene: CrashScene, config: ChronowConfig) {
    const { broker, store, runtime } = scene;
    this.#runtime = runtime;
    const keys = over<KeyStore>(broker.keys, {
      get: (key) => this.#hot(`get ${shown(key.key)}`, broker.keys.get(key)),
      set: (write) => this.#hot(`set ${shown(write.key.key)}`, broker.keys.set(write), this.keysFail),
      del: (request) => this.#hot(`del ${shown(request.key.key)}`, broker.keys.del(request), this.keysFail),
    });
    const publisher = over(broker.publisher, { publish: (batch) => this.#hot('publish', broker.publisher.publish(batch)) });
    const capabilities = { ...broker.capabilities, durable: true, shared: true };
    const warm = over<WarmStore>(store, {
      saveMessages: (topic, messages, days) => this.#warm(`saveMessages ${messages.length}`, store.saveMessages(topic, messages, days)),
      saveValue: (value) => this.#warm('saveValue', store.saveValue(value)),
      loadValue: (key) => this.#warm('loadValue', store.loadValue(key)),
      // The others go on.
      close: () => of(undefined),
      deleteValue: (key, deletion) => this.#warm('deleteValue', store.deleteValue(key, deletion)),
    });
    this.cw = Chronow.over({ broker: over<Broker>(broker, { keys, publisher, capabilities, close: () => of(undefined) }), runtime, config, warm });
    this.cw.events$.subscribe((event) => this.events.push(event));
  }

  /** SIGKILL: its timers go on here, and reach nothing. */
  kill(): void {
    this.isStill = true;
  }

  /** From now on what it asks is carried out, and it does not hear of it. */
  deafen(): void {
    this.#deaf = new Subject<void>();
  }

  /** The same, from when it asks this: `get owed`. */
  deafenAt(command: string): void {
    this.#deafAt = command;
  }

  /** It hears of everything. */
  hear(): void {
    const deaf = this.#deaf;
    this.#deafAt = undefined;
    this.#deaf = undefined;
    deaf?.next();
  }

  publish(...bodies: readonly unknown[]): void {
    for (const body of bodies) this.cw.topic('t').publish$(body, { headers: { type: 'x' }, key: 'a' }).subscribe();
  }

  set(key: string, value: unknown, append = false, hotTtlSeconds?: number): void {
    this.cw.shared.set$(key, value, { hotTtlSeconds, warm: { upsertStrategy: append ? 'append' : 'latest' } }).subscribe();
  }

  /** Events about copies that may be missing, without their times. */
  get missing(): readonly unknown[] {
    return this.events.flatMap((event) => (event.type === 'warm-missing' ? [[event.work, event.of === undefined ? undefined : 'key' in event.of ? event.of.key : event.of.topic, event.count, event.reason]] : []));
  }

  #hot<T>(name: string, call: Observable<T>, error?: Error): Observable<T> {
    return new Observable<T>((out) => {
      if (this.isStill) return NEVER.subscribe(out);
      this.commands.push(name);
      if (name === this.#deafAt && this.#deaf === undefined) this.deafen();
      const deaf = this.#deaf;
      if (error === undefined) return (deaf === undefined ? call : call.pipe(mergeMap((answer) => deaf.pipe(take(1), map(() => answer))))).subscribe(out);
      out.error(error);
      return undefined;
    });
  }

  #warm<T>(name: string, call: Observable<T>): Observable<T> {
    return new Observable<T>((out) => {
      if (this.isStill) return NEVER.subscribe(out);
      this.writes.push(name);
      if (!this.isCutOff) {
        if (this.warmTakesMs === 0) return call.subscribe(out);
        return this.#runtime.at(this.#runtime.now() + this.warmTakesMs, () => { if (!this.isStill) out.add(call.subscribe(out)); });
      }
      out.error(new ChronowError('LINK_LOST', 'the warm tier is down', { retryable: true }));
      return undefined;
    });
  }
}

/** Several processes on the same two tiers, in virtual time. */
export class CrashScene {
  readonly runtime: VirtualRuntime = virtualRuntime();
  readonly store: ReturnType<typeof memoryWarmStore> = memoryWarmStore({ runtime: this.runtime });
  readonly broker: Broker = memoryBroker({ runtime: this.runtime });

  constructor() {
    this.broker.open().subscribe();
  }

  start(config: ChronowConfig = { warm: { persist: true } }): Process {
    return new Process(this, config);
  }

  /** Copies of messages in the warm tier. */
  get copies(): readonly StoredMessage[] {
    let found: readonly StoredMessage[] = [];
    this.store.readMessages({ topic, from: 0, to: Infinity, max: 10_000 }).subscribe((messages) => { found = messages; });
    return found;
  }

  get log(): readonly StoredMessage[] {
    let found: readonly StoredMessage[] = [];
    this.broker.inspection.read({ topic, from: 0, to: Number.MAX_SAFE_INTEGER, max: 10_000 }).subscribe((messages) => { found = messages; });
    return found;
  }

  /** Versions of a value in the warm tier, newest first. */
  versions(key: string): readonly unknown[] {
    let found: readonly unknown[] = [];
    this.store.valueHistory({ ...scope, key }, 10).subscribe((versions) => { found = versions.map(({ body }) => (typeof body === 'string' ? JSON.parse(body) as unknown : 'closed')); });
    return found;
  }

  /** The longest record in the reserved scope. */
  get owedText(): string {
    return [...this.#reserved()].filter(([key]) => key.startsWith('owed:')).map(([, body]) => body).reduce((one, other) => (one.length > other.length ? one : other), '');
  }

  /** What lies in the reserved scope: names of keys that have a value. */
  get records(): readonly string[] {
    return [...this.#reserved().keys()].filter((key) => key !== 'looked').map(shown);
  }

  #reserved(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    this.broker.watches.watchPrefix({ ...scope, namespace: '\u0000default' }, '').subscribe((signal) => {
      if (signal.kind === 'change' && signal.change.state.body !== undefined) found.set(signal.change.key.key, String(signal.change.state.body));
    }).unsubscribe();
    return found;
  }
}

export const scope = { tenantId: 'default', namespace: 'default' } as const;
const topic = { ...scope, topic: 't' } as const;

/** Without the name of the client. */
function shown(key: string): string {
  return key.replace(/^owed:.*/, 'owed');
}

