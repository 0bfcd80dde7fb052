import { EMPTY, Subject, concatMap, distinctUntilChanged, merge, of, takeUntil, tap, type Observable, type Unsubscribable } from 'rxjs';
import { Bus } from './bus/bus.js';
import type { ChronowConfig, ResolvedConfig } from './config/config.js';
import { resolveConfig } from './config/resolve.js';
import { brokerFor, warmStoreFor } from './connect.js';
import { ChronowError } from './errors.js';
import type { ChronowEvent } from './events.js';
import { checkOptions } from './options/check-options.js';
import { number } from './options/rules.js';
import type { Broker } from './port/broker.js';
import type { LinkStatus } from './port/events.js';
import type { Runtime } from './port/runtime.js';
import type { WarmStore } from './port/warm-store.js';
import { SharedValues } from './shared/shared.js';
import { ConsumerRegistry, type Stoppable } from './subscription/consumer-registry.js';
import { systemRuntime } from './system-runtime.js';
import type { Client } from './topic/client.js';
import { codecRegistry } from './topic/codec-registry.js';
import type { TopicOptions } from './topic/options.js';
import { PromiseForms, toPromise } from './topic/to-promise.js';
import { Topic } from './topic/topic.js';
import { withDeadline } from './topic/with-deadline.js';
import { copyingBroker } from './warm/copying-publisher.js';
import { DeadLetterCopies } from './warm/dead-letter-copies.js';
import { DeliveryRecords } from './warm/delivery-records.js';
import { Guard } from './warm/guard/guard.js';
import { Reconciling } from './warm/guard/reconciling.js';
import { Sweeper } from './warm/guard/sweeper.js';
import { recordingBroker } from './warm/recording-broker.js';
import { WarmTier } from './warm/warm-tier.js';

/** Options of {@link Chronow.close}. */
export interface CloseOptions {
  /** How long work may go on, ms, 0 or more; then it is aborted and given back. Default: 10 000. */
  readonly deadlineMs?: number | undefined;
}

/** What {@link Chronow.over} builds on. */
export interface ChronowParts {
  /** A broker; it is opened and closed by its owner's `open()` and `close()` through this client. */
  readonly broker: Broker;
  /** Default: this process' clock and chance. */
  readonly runtime?: Runtime | undefined;
  readonly config?: ChronowConfig | undefined;
  /** The warm tier; closed with the client. Default: none. */
  readonly warm?: WarmStore | undefined;
}

/**
 * A client: topics you `pipe()`, shared values, and the original promise API, on one backend.
 *
 * @example
 * ```ts
 * const cw = await Chronow.init();                       // embedded: no server
 * await cw.topic('hello').publish({ text: 'world' });
 * await cw.close();
 * ```
 */
export class Chronow implements AsyncDisposable {
  /** The original API for topics. */
  readonly bus: Bus;
  /** Shared values. */
  readonly shared: SharedValues;
  /** State of the line to the backend: now, then every change; completes after close(). Never errors. */
  readonly status$: Observable<LinkStatus>;
  /** What happened, as values: leaks, lost leases, retried calls, dead letters, changed policies. Hot; completes after close(). Never holds payloads. */
  readonly events$: Observable<ChronowEvent>;
  readonly #broker: Broker;
  readonly #warm: WarmStore | undefined;
  readonly #guard: Guard;
  readonly #sweeper: Unsubscribable | undefined = undefined;
  readonly #client: Client;
  readonly #consumers: ConsumerRegistry;
  readonly #closed$ = new Subject<void>();
  #closing: Promise<void> | undefined = undefined;

  private constructor({ broker, warm, runtime = systemRuntime() }: ChronowParts, { clientDefaults, warm: settings }: Pick<ResolvedConfig, 'clientDefaults' | 'warm'>, noticed$: Observable<ChronowEvent> = EMPTY) {
    const reports$ = new Subject<ChronowEvent>();
    this.#broker = broker;
    this.#consumers = new ConsumerRegistry(runtime);
    this.events$ = merge(reports$, broker.events$, noticed$).pipe(takeUntil(this.#closed$));
    this.status$ = broker.status$.pipe(distinctUntilChanged((a, b) => a.state === b.state && a.state !== 'reconnecting'), takeUntil(this.#closed$));
    const id = runtime.newId();
    const report = (event: ChronowEvent): void => { reports$.next(event); };
    const register = (consumer: Stoppable): (() => void) => {
      const end = this.#consumers.add(consumer);
      // A line that opened while the client was closing.
      if (this.#closing !== undefined) consumer.drain();
      return end;
    };
    const { scope } = clientDefaults;
    this.#guard = new Guard({ broker, runtime, scope, retentionDays: settings.retentionDays, id });
    const tier = warm === undefined ? undefined : new WarmTier({
      store: warm,
      keys: broker.keys,
      guard: this.#guard,
      runtime,
      defaults: settings,
      report,
      hold: (giveUp) => register({ drain: () => undefined, revokeAll: (what) => { if (what === 'running') giveUp(); } }),
    });
    if (tier !== undefined) this.#sweeper = new Sweeper({ broker, runtime, scope, reconciling: new Reconciling({ broker, warm: tier, runtime, report }) }).begin();
    if (tier !== undefined && settings.persist !== false) new DeadLetterCopies(broker, runtime, tier).begin();
    const records = tier !== undefined && settings.deliveries ? new DeliveryRecords(tier, runtime, report) : undefined;
    const served = records === undefined ? broker : recordingBroker(broker, runtime, (ref, settled) => { records.keep(ref, settled); });
    this.#warm = warm;
    const copying = new Map<boolean | 'required', Client>();
    const base: Client = {
      id,
      broker: served,
      runtime,
      defaults: clientDefaults,
      codecs: codecRegistry(),
      promises: new PromiseForms(runtime, broker.capabilities),
      report,
      assertOpen: (call) => { this.#assertOpen(call); },
      register,
      copying: (mode) => {
        const found = copying.get(mode) ?? (mode === false ? base : { ...base, broker: copyingBroker({ broker: served, runtime, warm: tier, report, isRequired: mode === 'required' }) });
        copying.set(mode, found);
        return found;
      },
    };
    this.#client = base.copying(settings.persist);
    this.bus = new Bus(this.#client, warm);
    this.shared = new SharedValues(this.#client, tier, settings);
  }

  /**
   * A client on the backend that `config` names; without arguments the embedded one. Resolves when the backend answered; the warm tier
   * that `config` names is connected when it is first needed. `warm` is a warm tier of your own, and takes its place.
   *
   * @throws ChronowError (rejects) `CONFIG_INVALID` with every problem at once; `BACKEND_UNREACHABLE` after `connectTimeoutMs`
   * (default 10 000), unless `connect: 'background'`; `UNSUPPORTED` for a backend this version does not have.
   */
  static async init(config: ChronowConfig = {}, { warm }: Pick<ChronowParts, 'warm'> = {}): Promise<Chronow> {
    const resolved = resolveConfig(config, { ownWarmTier: warm !== undefined });
    const runtime = systemRuntime();
    const noticed$ = new Subject<ChronowEvent>();
    const tier = warm ?? await warmStoreFor(resolved, runtime, (event) => { noticed$.next(event); });
    const cw = new Chronow({ broker: await brokerFor(resolved, runtime), runtime, warm: tier }, resolved, noticed$);
    const opened = toPromise(withDeadline(cw.#broker.open(), runtime, resolved.connectTimeoutMs, () => new ChronowError('BACKEND_UNREACHABLE', `the ${resolved.backend.kind} backend did not answer within connectTimeoutMs (${String(resolved.connectTimeoutMs)} ms)`, { retryable: true })));
    if (resolved.connect === 'background') opened.catch(() => undefined);
    else await opened.catch(async (error: unknown) => { await cw.close({ deadlineMs: 0 }); throw error; });
    return cw;
  }

  /** A client over a broker of your own, at once; for adapters' authors and virtual time. The broker must have been opened. */
  static over(parts: ChronowParts): Chronow {
    return new Chronow(parts, resolveConfig(parts.config ?? {}, { ownWarmTier: parts.warm !== undefined }));
  }

  /**
   * A topic, by name. Nothing is done yet.
   *
   * @throws ChronowError `NAME_INVALID`, `OPTION_INVALID`, `CLOSED`.
   */
  topic<T = unknown>(name: string, options: TopicOptions<T> = {}): Topic<T> {
    this.#assertOpen('topic');
    return new Topic<T>(this.#client, name, options);
  }

  /**
   * Ends the client: stops reading, gives back what has not started, lets work settle, aborts and gives back the rest at the
   * deadline, closes connections last. Idempotent: later calls get the same promise. Afterwards every call rejects with `CLOSED`.
   */
  close(options: CloseOptions = {}): Promise<void> {
    checkOptions('close', options, { deadlineMs: number(0, Number.MAX_SAFE_INTEGER, 'milliseconds') });
    this.#closing ??= toPromise(this.#close(options.deadlineMs ?? 10_000));
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #close(deadlineMs: number): Observable<void> {
    this.#sweeper?.unsubscribe();
    return this.#consumers.close(deadlineMs).pipe(
      concatMap(() => this.#guard.end()),
      concatMap(() => this.#broker.close()),
      concatMap(() => this.#warm?.close() ?? of(undefined)),
      tap(() => { this.#closed$.next(); }),
    );
  }

  #assertOpen(call: string): void {
    if (this.#closing !== undefined) throw new ChronowError('CLOSED', `${call}: the client is closed; make a new one with Chronow.init()`, { details: { call } });
  }
}
