import type { ClientSession, Collection, Document, Timestamp } from 'mongodb';
import { ReplaySubject, type Observable } from 'rxjs';
import { ChronowError } from '../../../errors.js';
import type { BrokerEvent, LinkStatus } from '../../../port/events.js';
import type { CancelTimer, Runtime } from '../../../port/runtime.js';
import { LineHealth } from '../../common/line-health.js';
import { LinkState } from '../../common/link-state.js';
import { ServerClock } from '../../common/server-clock.js';
import { Admission, noStreamAdvice, observe, type UnsafeSetting } from './admission.js';
import { Attempts, moved } from './attempts.js';
import { hostsOf, workClient, type Client } from './client.js';
import { asChronowError, chronowError, closedError } from './errors.js';
import type { Feed, FeedEvents } from './feed.js';
import { HintHub } from './hint-hub.js';
import type { Hints, KeyFilter } from './hints.js';
import type { ConnectionOptions } from './options.js';
import { PollLoop } from './poll-loop.js';
import type { Probes } from './probes.js';
import { Pulse } from './pulse.js';
import { Restoring } from './restoring.js';
import type { Failure } from './server-error.js';
import type { AttemptOptions, HotCollection, MongoStore, ReadAt } from './store.js';
import type { StreamFilter } from './stream-filter.js';
import { StreamLoop } from './stream-loop.js';

/** A store, not yet opened: nothing goes out before {@link MongoStore.open}. */
export function mongoStore(options: ConnectionOptions): MongoStore {
  return new Store(options);
}

/** As node:util has it: without this, a printed store shows its URI. */
const inspectCustom = Symbol.for('nodejs.util.inspect.custom');

class Store implements MongoStore {
  readonly clock: ServerClock;
  readonly hints: HintHub;
  readonly status$: Observable<LinkStatus>;
  readonly warnings$: Observable<BrokerEvent>;
  readonly #options: ConnectionOptions;
  readonly #runtime: Runtime;
  readonly #client: Client;
  readonly #attempts: Attempts;
  readonly #admission: Admission;
  readonly #restoring: Restoring;
  readonly #pulse: Pulse;
  readonly #health = new LineHealth();
  readonly #state = new LinkState();
  readonly #warnings$ = new ReplaySubject<BrokerEvent>(100);
  readonly #warned = new Set<string>();
  #isDown = true;
  #failures = 0;
  #letGo: CancelTimer | undefined = undefined;
  #opening: Promise<void> | undefined = undefined;
  #closing: Promise<void> | undefined = undefined;

  constructor(options: ConnectionOptions) {
    const { runtime, retryMs = 1_000 } = options;
    Object.defineProperty(this, inspectCustom, { value: () => this.toJSON() });
    this.#options = options;
    this.#runtime = runtime;
    this.clock = new ServerClock(runtime);
    this.status$ = this.#state.status$;
    this.warnings$ = this.#warnings$.asObservable();
    this.#attempts = new Attempts(runtime, retryMs, (failure) => { this.#failed(failure); });
    this.#client = workClient(options, () => { this.#primaryChanged(); });
    this.#admission = new Admission(options, this.#client, this.clock, (event) => { this.#warn(event); });
    this.#restoring = new Restoring(() => this.#client.db);
    this.#pulse = new Pulse({ runtime, ask: () => this.#client.hello(), answered: (hello, afterMs) => { this.#answered(hello, afterMs); }, missed: (failure) => { this.#failed(failure); } });
    this.hints = new HintHub({
      runtime,
      feed: (mode, events, wanted, keyFilters) => this.#feed(mode, events, wanted, keyFilters),
      dropped: () => { void this.#restoring.restore(); },
      refused: (why) => { this.#warn({ type: 'unsafe-setting', setting: 'change-streams', value: why, advice: `consumers and watchers poll. ${noStreamAdvice(why, this.#client.db.databaseName)}` }); },
    });
  }

  /** What may be printed of it. */
  toJSON(): object {
    return { hosts: hostsOf(this.#options), database: this.#client.db.databaseName, status: this.#state.now.state };
  }

  get probes(): Probes {
    return this.#admission.probes;
  }

  collection<T extends Document>(name: HotCollection): Collection<T> {
    return this.#client.db.collection<T>(name);
  }

  attempt<T>(what: string, operation: (attempt: number) => Promise<T>, { deadlineMs = this.#options.deadlineMs ?? 15_000 }: AttemptOptions = {}): Promise<T> {
    return this.#attempts.run(what, (attempt) => this.#restoring.over(() => operation(attempt)), deadlineMs);
  }

  readAt<T>(what: string, at: Timestamp | undefined, read: (options: ReadAt) => Promise<T>): Promise<T> {
    return this.attempt(what, async () => (this.probes.replicaSet ? this.#causally(at, read) : read({})));
  }

  healthyForMs(gapMs = 1_000): number | undefined {
    return this.#health.healthyForMs(this.#runtime.now(), gapMs, this.#pulse.waitingMs());
  }

  election(): string | undefined {
    return this.#client.election;
  }

  open(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(closedError('open'));
    if (this.#opening !== undefined) return this.#opening;
    // Timers alone do not keep a process alive; one that waits for its server is at work.
    this.#letGo = this.#runtime.stayAlive();
    const admitted = this.#admission.admit((failure) => { this.#failed(failure); });
    admitted.then(() => { this.#admitted(); }, (error: unknown) => { this.#attempts.refuse(asChronowError(error, 'open')); });
    this.#opening = this.#admission.within(admitted);
    return this.#opening;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  async #end(): Promise<void> {
    this.#admission.close();
    this.#pulse.stop();
    this.#attempts.close();
    await Promise.all([this.hints.close(), this.#client.close()]);
    this.#letGo?.();
    this.#state.closed();
    this.#warnings$.complete();
  }

  #admitted(): void {
    if (this.#closing !== undefined) return;
    this.#pulse.start();
    this.#up();
    this.#attempts.open();
    this.hints.open(this.#admission.hasChangeStreams ? 'stream' : 'polling');
  }

  #feed(mode: Hints['mode'], events: FeedEvents, wanted: () => StreamFilter, keyFilters: () => readonly KeyFilter[]): Feed {
    if (mode === 'stream') return new StreamLoop({ options: this.#options, events, wanted, operationTime: () => this.#operationTime() });
    const { pollMs = 1_000 } = this.#options;
    return new PollLoop({ runtime: this.#runtime, db: () => this.#client.db, pollMs, events, wanted, keyFilters });
  }

  /** By the client for work: so it has heard of this time, and its reads may ask for it. */
  async #operationTime(): Promise<Timestamp> {
    return this.#within(async (session) => this.#ping(session));
  }

  #causally<T>(at: Timestamp | undefined, read: (options: ReadAt) => Promise<T>): Promise<T> {
    return this.#within(async (session) => {
      if (at === undefined) await this.#ping(session);
      else session.advanceOperationTime(at);
      return read({ session, readConcern: 'majority' });
    });
  }

  async #ping(session: ClientSession): Promise<Timestamp> {
    await this.#client.db.command({ ping: 1 }, { session });
    if (session.operationTime === undefined) throw new ChronowError('UNSUPPORTED', 'the server tells no operation time: it is no replica set', { details: { reason: 'standalone' } });
    return session.operationTime;
  }

  async #within<T>(work: (session: ClientSession) => Promise<T>): Promise<T> {
    const session = this.#client.driver.startSession({ causalConsistency: true });
    try {
      return await work(session);
    } finally {
      session.endSession().catch(() => undefined);
    }
  }

  #primaryChanged(): void {
    // Whatever the one before had been asked.
    this.#failed(moved);
    this.#pulse.again();
    this.#attempts.primaryChanged();
  }

  /** A check that has to be made again finds the same again. */
  #warn(event: UnsafeSetting): void {
    if (this.#warned.has(event.setting)) return;
    this.#warned.add(event.setting);
    this.#warnings$.next(event);
  }

  #answered(hello: Document, afterMs: number): void {
    observe(this.clock, hello, afterMs);
    this.#health.answered(afterMs, this.#runtime.now());
    this.#up();
  }

  #up(): void {
    this.#failures = 0;
    if (!this.#isDown || this.#closing !== undefined) return;
    this.#isDown = false;
    this.#health.up(this.#runtime.now());
    this.#state.ready();
  }

  #failed(failure: Failure): void {
    if (this.#closing !== undefined || failure.kind !== 'link') return;
    // An attempt may still fail of what is over; the pulse knows.
    this.#isDown = true;
    this.#failures += 1;
    this.#health.down();
    this.#state.reconnecting(this.#failures, chronowError(failure, 'connection'));
  }
}
