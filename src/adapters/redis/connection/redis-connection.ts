import { ReplaySubject, type Observable } from 'rxjs';
import { ChronowError } from '../../../errors.js';
import type { BrokerEvent, LinkStatus } from '../../../port/events.js';
import type { CancelTimer, Runtime } from '../../../port/runtime.js';
import type { Backoff } from '../../../retry/backoff.js';
import { Admission } from './admission.js';
import { BlockingReader } from './blocking-reader.js';
import { CallBook } from './call-book.js';
import { ClusterRouter } from './cluster-router.js';
import { Commander } from './commander.js';
import { ConfirmingLines } from './confirming-lines.js';
import type { Argument, CallOptions, Confirmed, Connection, Durability, MasterNode, Reader } from './connection.js';
import { driverFor, type Driver } from './driver.js';
import { asChronowError, closedError, linkLost, loginFailure } from './errors.js';
import { Gate } from './gate.js';
import { readClient } from './handed-client.js';
import { LinkState } from '../../common/link-state.js';
import type { LineSettings, NodeLine } from './node-line.js';
import type { ConnectionOptions } from './options.js';
import type { Probes } from './probes.js';
import { PubSubHub } from './pub-sub-hub.js';
import type { PubSub } from './pubsub-signals.js';
import { asText, type Reply } from './reply.js';
import type { Router, RouterParts } from './router.js';
import type { Script } from './script.js';
import { ServerClock } from '../../common/server-clock.js';
import { SingleRouter } from './single-router.js';

/** A connection, not yet opened: nothing goes out before {@link Connection.open}. */
export function redisConnection(options: ConnectionOptions): Connection {
  return new RedisConnection(options);
}

/** As node:util has it: without this, a printed connection is pages of its observers. */
const inspectCustom = Symbol.for('nodejs.util.inspect.custom');

class RedisConnection implements Connection {
  readonly topology: Connection['topology'];
  readonly db: number;
  readonly durability: Durability | undefined;
  readonly clock: ServerClock;
  readonly pubsub: PubSub;
  readonly status$: Observable<LinkStatus>;
  readonly warnings$: Observable<BrokerEvent>;
  readonly #runtime: Runtime;
  readonly #driver: Driver;
  readonly #book: CallBook;
  readonly #gate: Gate;
  readonly #router: Router;
  readonly #commander: Commander;
  readonly #confirming: ConfirmingLines;
  readonly #admission: Admission;
  readonly #state = new LinkState();
  readonly #warnings$ = new ReplaySubject<BrokerEvent>(100);
  readonly #hub: PubSubHub;
  readonly #readers = new Set<BlockingReader>();
  readonly #deadlineMs: number;
  readonly #backoff: Backoff;
  #letGo: CancelTimer | undefined = undefined;
  /** Lines that have been up before. */
  readonly #wereUp = new WeakSet<NodeLine>();
  #opening: Promise<void> | undefined = undefined;
  #isClosed = false;

  constructor(given: ConnectionOptions) {
    const handed = given.client === undefined ? undefined : readClient(given.client);
    const options = handed === undefined ? given : { ...given, topology: handed.topology, hosts: handed.seeds };
    const { topology, runtime, durability, retryMs = 2_000 } = options;
    Object.defineProperty(this, inspectCustom, { value: () => this.toJSON() });
    this.topology = topology;
    this.db = handed?.db ?? options.db ?? 0;
    if (topology === 'cluster' && this.db !== 0) throw new ChronowError('CONFIG_INVALID', `a cluster has only database 0; got redis.db ${this.db}. Leave it out and tell applications apart by keyPrefix`);
    this.durability = durability;
    this.clock = new ServerClock(runtime);
    this.status$ = this.#state.status$;
    this.warnings$ = this.#warnings$.asObservable();
    this.#runtime = runtime;
    this.#driver = driverFor(options, handed);
    this.#deadlineMs = options.deadlineMs ?? (topology === 'single' ? 5_000 : 15_000);
    this.#backoff = { initialMs: Math.min(50, retryMs), maxMs: retryMs, factor: 2, jitter: 'equal' };
    const stallMs = Math.min(this.#deadlineMs, 5_000);
    const lines: LineSettings = { runtime, driver: this.#driver, stallMs, pingMs: 1_000, backoff: this.#backoff };
    this.#book = new CallBook(runtime, stallMs);
    this.#gate = new Gate(this.#book);
    const parts = this.#parts(lines);
    this.#router = topology === 'cluster' ? new ClusterRouter(parts, options.hosts, handed?.mapped ?? ((address) => address)) : new SingleRouter(parts);
    this.#commander = new Commander(runtime, this.#book, this.#gate, this.#router, this.#deadlineMs);
    this.#confirming = new ConfirmingLines(this.#book, this.#router, lines);
    const warn = (event: BrokerEvent): void => { this.#warnings$.next(event); };
    this.#hub = new PubSubHub(this.#router, lines, warn);
    this.pubsub = this.#hub;
    this.#admission = new Admission(options, this.#router, this.#commander, this.clock, warn);
  }

  /** What may be printed of it. */
  toJSON(): object {
    return { topology: this.topology, db: this.db, status: this.#state.now.state };
  }

  get probes(): Probes {
    return this.#admission.probes;
  }

  run(script: Script, keys: readonly string[], args: readonly Argument[], options?: CallOptions): Promise<Reply> {
    return this.#isClosed ? Promise.reject(closedError(script.name)) : this.#commander.run(script, keys, args, options?.deadlineMs);
  }

  async runConfirmed(script: Script, keys: readonly string[], args: readonly Argument[], options?: CallOptions): Promise<Confirmed> {
    if (this.#isClosed) throw closedError(script.name);
    const { replicas, timeoutMs } = this.durability ?? { replicas: 0, timeoutMs: 0 };
    let told = 0;
    const confirm = { replicas, timeoutMs, told: (count: number): void => { told = count; } };
    const reply = await this.#commander.runConfirmed(script, keys, args, (options?.deadlineMs ?? this.#deadlineMs) + timeoutMs, confirm, (call) => { this.#confirming.send(call); });
    return { reply, replicas: told, enough: told >= replicas };
  }

  command(name: string, key: string, ...args: readonly Argument[]): Promise<Reply> {
    return this.#isClosed ? Promise.reject(closedError(name)) : this.#commander.command(name, key, args);
  }

  reader(key: string): Reader {
    const reader = new BlockingReader({ key, driver: this.#driver, runtime: this.#runtime, router: this.#router, commander: this.#commander, backoff: this.#backoff, ended: () => { this.#readers.delete(reader); } });
    if (this.#isClosed) reader.close();
    else this.#readers.add(reader);
    return reader;
  }

  masters(): readonly MasterNode[] {
    return this.#router.masters().map((line) => ({ id: line.name, command: (name, ...args) => this.#commander.commandOver(line, name, args) }));
  }

  healthyForMs(gapMs = 1_000, key?: string): number | undefined {
    const now = this.#runtime.now();
    if (key !== undefined) return this.#router.ownerOf(key)?.healthyForMs(now, gapMs);
    let shortest = Infinity;
    for (const line of this.#router.masters()) shortest = Math.min(shortest, line.healthyForMs(now, gapMs) ?? -1);
    return shortest < 0 || shortest === Infinity ? undefined : shortest;
  }

  open(): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedError('open'));
    if (this.#opening !== undefined) return this.#opening;
    // Timers alone do not keep a process alive; one that waits for its server is at work.
    this.#letGo = this.#runtime.stayAlive();
    this.#router.open();
    const admitted = this.#admission.admit();
    admitted.then(() => {
      this.#gate.open();
      // One of them may have been lost meanwhile.
      for (const line of this.#router.masters()) this.#changed(line);
    }, (error: unknown) => { this.#gate.refuse(asChronowError(error)); });
    this.#opening = this.#admission.within(admitted);
    return this.#opening;
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    this.#admission.close();
    for (const reader of [...this.#readers]) reader.close();
    this.#hub.close();
    this.#confirming.close();
    this.#router.close();
    this.#book.end((call) => closedError(call.label));
    this.#gate.refuse(closedError('call'));
    this.#letGo?.();
    this.#state.closed();
    this.#warnings$.complete();
    return Promise.resolve();
  }

  #parts(lines: LineSettings): RouterParts {
    return {
      book: this.#book,
      lines,
      ask: (line, name, args, deadlineMs) => this.#commander.commandOver(line, name, args, deadlineMs),
      changed: (line) => { this.#changed(line); },
      idle: (line) => { this.#ping(line); },
      mastersChanged: () => {
        this.#admission.mastersChanged();
        this.#hub.mastersChanged();
        this.#confirming.mastersChanged();
        for (const reader of this.#readers) reader.mastersChanged();
      },
      fatal: (error) => { this.#admission.fatal(error); },
    };
  }

  #changed(line: NodeLine): void {
    this.#admission.changed(line);
    const { state } = line;
    if (state.kind === 'ready') {
      if (this.#wereUp.has(line)) this.#hub.masterBack();
      this.#wereUp.add(line);
    }
    if (state.kind === 'ready' && this.#admission.isAdmitted) {
      if (this.#router.masters().every((master) => master.state.kind === 'ready' || master.state.kind === 'idle')) this.#state.ready();
      return;
    }
    if (state.kind !== 'waiting') return;
    const fatal = loginFailure(state.failure);
    this.#state.reconnecting(state.attempt, fatal ?? linkLost({ label: 'connection' }, state.failure));
    // Whoever waits learns that waiting will not help.
    if (fatal !== undefined) for (const call of line.takeCalls()) this.#book.fail(call, fatal);
  }

  /** Its deadline is what finds a line dead that nobody uses. */
  /** A master that became a replica answers pings: only what it says of itself shows that the sentinels have another one. */
  #ping(line: NodeLine): void {
    if (this.topology !== 'sentinel') this.#commander.commandOver(line, 'ping', []).catch(() => undefined);
    else this.#commander.commandOver(line, 'info', ['replication']).then((info) => { if (/^role:slave/m.test(asText(info))) this.#router.doubt(); }, () => undefined);
  }
}
