import { ChronowError } from '../../../errors.js';
import type { BrokerEvent } from '../../../port/events.js';
import type { CancelTimer, Runtime } from '../../../port/runtime.js';
import type { Commander } from './commander.js';
import { closedError, isCertificateFailure, loginFailure, unreachable } from './errors.js';
import { checkServers } from './guards.js';
import type { NodeLine } from './node-line.js';
import type { ConnectionOptions } from './options.js';
import { baselineProbes, probesOf, type Probes } from './probes.js';
import type { Router } from './router.js';
import type { Failure } from './server-error.js';
import type { ServerClock } from '../../common/server-clock.js';

/** Waits for the servers to be there, and checks them. */
export class Admission {
  probes: Probes = baselineProbes;
  isAdmitted = false;
  readonly #options: ConnectionOptions;
  readonly #runtime: Runtime;
  readonly #router: Router;
  readonly #commander: Commander;
  readonly #clock: ServerClock;
  readonly #warn: (event: BrokerEvent) => void;
  #lastFailure: Failure | undefined = undefined;
  #fatal: ChronowError | undefined = undefined;
  #waiting: { readonly resolve: () => void; readonly reject: (error: ChronowError) => void }[] = [];
  #isClosed = false;

  constructor(options: ConnectionOptions, router: Router, commander: Commander, clock: ServerClock, warn: (event: BrokerEvent) => void) {
    this.#options = options;
    this.#runtime = options.runtime;
    this.#router = router;
    this.#commander = commander;
    this.#clock = clock;
    this.#warn = warn;
  }

  /** Goes on until it is known: a server that comes later is checked then. */
  async admit(): Promise<void> {
    for (;;) {
      await this.#someLine();
      try {
        const { version, serverMs } = await checkServers(this.#options, this.#router.masters(), this.#commander, this.#warn);
        this.probes = Object.freeze({ ...probesOf(version), ...this.#options.probes });
        this.#clock.observe(serverMs);
        this.isAdmitted = true;
        return;
      } catch (error) {
        if (!(error instanceof ChronowError) || !error.retryable || this.#isClosed) throw error;
      }
    }
  }

  /** The same, for at most the time to connect. */
  within(admitted: Promise<void>): Promise<void> {
    const { connectTimeoutMs = 10_000, hosts, tls = false } = this.#options;
    const where = hosts.map(({ host, port }) => `${host}:${port}`).join(', ');
    return new Promise((resolve, reject) => {
      // A little before the caller's own limit, which knows no reason.
      const cancel: CancelTimer = this.#runtime.at(this.#runtime.now() + Math.floor(connectTimeoutMs * 0.95), () => { reject(unreachable(where, this.#lastFailure, tls)); });
      admitted.then(resolve, reject).finally(cancel).catch(() => undefined);
    });
  }

  /** The masters are known, or others: their lines may have been up before. */
  mastersChanged(): void {
    if (this.#isSomebodyThere()) this.#settle(({ resolve }) => { resolve(); });
  }

  changed(line: NodeLine): void {
    const { state } = line;
    if (state.kind === 'ready') {
      this.mastersChanged();
      return;
    }
    if (state.kind !== 'waiting') return;
    this.#lastFailure = state.failure;
    const fatal = loginFailure(state.failure) ?? this.#certificate(state.failure);
    if (fatal !== undefined) this.#settle(({ reject }) => { reject(fatal); });
  }

  /** These servers will never do. */
  fatal(error: ChronowError): void {
    this.#fatal ??= error;
    this.#settle(({ reject }) => { reject(error); });
  }

  close(): void {
    this.#isClosed = true;
    this.#settle(({ reject }) => { reject(closedError('open')); });
  }

  #certificate(failure: Failure): ChronowError | undefined {
    const { hosts, tls = false } = this.#options;
    return isCertificateFailure(failure) ? unreachable(hosts.map(({ host, port }) => `${host}:${port}`).join(', '), failure, tls) : undefined;
  }

  #someLine(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) reject(closedError('open'));
      else if (this.#fatal !== undefined) reject(this.#fatal);
      else if (this.#isSomebodyThere()) resolve();
      else this.#waiting.push({ resolve, reject });
    });
  }

  #isSomebodyThere(): boolean {
    return this.#router.masters().some(({ state }) => state.kind === 'ready');
  }

  #settle(tell: (waiter: { readonly resolve: () => void; readonly reject: (error: ChronowError) => void }) => void): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) tell(waiter);
  }
}
