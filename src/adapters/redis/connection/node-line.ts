import type { CancelTimer, Runtime } from '../../../port/runtime.js';
import { backoffDelay, type Backoff } from '../../../retry/backoff.js';
import type { Call, Carrier } from './call.js';
import type { Address } from './address.js';
import type { Driver, Socket, SocketEvents } from './driver.js';
import { replyOf } from './driver.js';
import { Flight } from './flight.js';
import { LineHealth } from '../../common/line-health.js';
import type { Reply } from './reply.js';
import { failureOf, type Failure } from './server-error.js';

/** How long a socket must have been up for its loss to be news. */
const settledMs = 1_000;

/** What a line tells the one that routes calls to it. */
export interface LineOwner {
  answered(call: Call, reply: Reply): void;
  /** The server refused a call. It is in nobody's hands now. */
  refused(call: Call, failure: Failure, line: NodeLine): void;
  /** The line went up or down. */
  changed(line: NodeLine): void;
  /** Nothing was sent for a while: the owner sends something that must be answered. */
  idle(line: NodeLine): void;
}

export interface LineSettings {
  readonly runtime: Runtime;
  readonly driver: Driver;
  readonly backoff: Backoff;
  /** Without any answer for so long while one is owed, the socket is given up. */
  readonly stallMs: number;
  /** After this long without a command a PING is sent. */
  readonly pingMs: number;
}

/** Where a line is. `attempt` counts failed ones since it was last up. */
export type LineState = { readonly kind: 'idle' | 'connecting' | 'ready' | 'closed' } | { readonly kind: 'waiting'; readonly attempt: number; readonly failure: Failure };

/**
 * The line to one server: a socket while there is one, and what is to be sent while there is none. A lost socket takes nothing with it: what had no answer goes out
 * again on the next one, in the order it was given.
 */
export class NodeLine implements Carrier {
  readonly address: Address | undefined;
  readonly health: LineHealth = new LineHealth();
  readonly #owner: LineOwner;
  readonly #settings: LineSettings;
  readonly #held = new Set<Call>();
  readonly #sent: Flight = new Flight(this);
  #socket: Socket | undefined;
  #state: LineState = { kind: 'idle' };
  #failures = 0;
  #upAt = 0;
  #lastAnswerAt = 0;
  #lastSendAt = 0;
  #cancelRetry: CancelTimer | undefined;
  #cancelPing: CancelTimer | undefined;

  constructor(address: Address | undefined, owner: LineOwner, settings: LineSettings) {
    this.address = address;
    this.#owner = owner;
    this.#settings = settings;
  }

  get state(): LineState {
    return this.#state;
  }

  /** `host:port`, or `master` where sentinels or the caller's client lead to it. */
  get name(): string {
    return this.address === undefined ? 'master' : `${this.address.host}:${this.address.port}`;
  }

  /** Connects, where that was not begun. */
  open(): void {
    if (this.#state.kind === 'idle') this.#connect();
  }

  send(call: Call): void {
    if (call.done) return;
    call.carrier = this;
    if (this.#state.kind === 'ready' && this.#socket !== undefined) {
      this.#write(call, this.#socket);
      return;
    }
    this.#held.add(call);
    this.open();
  }

  giveUp(call: Call): void {
    const wasSent = call.sentAt > 0;
    this.#forget(call);
    if (!wasSent) return;
    this.lose({ kind: 'link', word: 'DEADLINE', text: 'no answer in time' });
  }

  checkStall(now: number): void {
    if (this.#owedForMs(now, true) < this.#settings.stallMs) return;
    this.lose({ kind: 'link', word: 'STALLED', text: 'the server stopped answering' });
  }

  healthyForMs(now: number, gapMs: number): number | undefined {
    return this.health.healthyForMs(now, gapMs, this.#owedForMs(now, false));
  }

  /** Gives the socket up; the next one is opened at once. */
  lose(failure: Failure): void {
    if (this.#state.kind === 'ready') this.#down(failure);
  }

  /** Takes back everything that is not answered, for another line to send. */
  takeCalls(): readonly Call[] {
    const calls = [...this.#sent.take(), ...this.#held];
    this.#held.clear();
    for (const call of calls) {
      call.carrier = undefined;
      call.sentAt = 0;
    }
    return calls;
  }

  close(): void {
    this.#state = { kind: 'closed' };
    this.health.down();
    this.#cancelRetry?.();
    this.#cancelPing?.();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  /** For how long an answer has been owed; `silent`: with nothing at all coming in. */
  #owedForMs(now: number, silent: boolean): number {
    const oldest = this.#sent.oldest();
    if (oldest === undefined) return 0;
    return now - (silent ? Math.max(oldest.sentAt, this.#lastAnswerAt) : oldest.sentAt);
  }

  #connect(): void {
    this.#state = { kind: 'connecting' };
    let socket: Socket | undefined = undefined;
    const events: SocketEvents = {
      ready: () => { if (socket === this.#socket) this.#up(); },
      lost: (error) => { if (socket === this.#socket) this.#down(failureOf(error)); },
    };
    socket = this.#settings.driver.socket(this.address, events);
    this.#socket = socket;
    this.#owner.changed(this);
  }

  #up(): void {
    const now = this.#settings.runtime.now();
    this.#upAt = this.#lastAnswerAt = this.#lastSendAt = now;
    this.#state = { kind: 'ready' };
    this.health.up(now);
    this.#owner.changed(this);
    const socket = this.#socket;
    for (const call of [...this.#held]) {
      // Sending may find the socket gone.
      if (socket === undefined || socket !== this.#socket) return;
      this.#held.delete(call);
      this.#write(call, socket);
    }
    this.#pingLater();
  }

  #down(failure: Failure): void {
    if (this.#state.kind === 'closed') return;
    const { runtime, backoff } = this.#settings;
    // One that was up for a while is reopened at once; one that goes down as soon as it is up is not.
    const settled = this.#state.kind === 'ready' && runtime.now() - this.#upAt >= settledMs;
    const socket = this.#socket;
    this.#socket = undefined;
    this.#cancelPing?.();
    this.health.down();
    this.#hold(failure);
    this.#failures = settled ? 1 : this.#failures + 1;
    this.#state = { kind: 'waiting', attempt: this.#failures, failure };
    // Its own end comes back as `lost`, which by now is not for us.
    socket?.destroy();
    const delayMs = settled ? 0 : backoffDelay(backoff, this.#failures, () => runtime.random());
    this.#cancelRetry = runtime.at(runtime.now() + delayMs, () => { this.#connect(); });
    this.#owner.changed(this);
  }

  /** What was sent comes before what was held: it was given earlier. */
  #hold(failure: Failure): void {
    const held = [...this.#held];
    this.#held.clear();
    for (const call of this.#sent.take()) {
      call.last = failure;
      call.sentAt = 0;
      this.#held.add(call);
    }
    for (const call of held) {
      call.last = failure;
      this.#held.add(call);
    }
  }

  #write(call: Call, socket: Socket): void {
    call.sentAt = this.#lastSendAt = this.#settings.runtime.now();
    call.sends += 1;
    this.#sent.add(call);
    if (call.isAsking) socket.call('asking', []).catch(() => undefined);
    const answer = socket.call(call.name, call.args);
    const { confirm } = call;
    if (confirm === undefined) {
      answer.then((reply) => { this.#answered(call, reply); }, (error: unknown) => { this.#refused(call, socket, error); });
      return;
    }
    // On the same socket, right behind: WAIT speaks of what its own connection wrote.
    const replicas = socket.call('wait', [confirm.replicas, confirm.timeoutMs]);
    replicas.catch(() => undefined);
    answer.then(async (reply) => { confirm.told(Number(await replicas)); this.#answered(call, reply); }).catch((error: unknown) => { this.#refused(call, socket, error); });
  }

  /** It is in nobody's hands now. */
  #forget(call: Call): void {
    if (call.sentAt === 0) this.#held.delete(call);
    call.carrier = undefined;
    call.sentAt = 0;
    this.#sent.pass();
  }

  #answered(call: Call, reply: unknown): void {
    const now = this.#settings.runtime.now();
    this.#lastAnswerAt = now;
    if (call.done) return;
    if (call.sentAt > 0) this.health.answered(now - call.sentAt, now);
    this.#forget(call);
    this.#owner.answered(call, replyOf(reply));
  }

  #refused(call: Call, socket: Socket, error: unknown): void {
    // What an earlier socket says of a call that has moved on does not count.
    if (socket !== this.#socket || call.carrier !== this || call.sentAt === 0) return;
    const failure = failureOf(error);
    if (failure.kind === 'link') {
      this.#down(failure);
      return;
    }
    this.#lastAnswerAt = this.#settings.runtime.now();
    this.#forget(call);
    call.last = failure;
    this.#owner.refused(call, failure, this);
  }

  /** An idle line would not notice that it is dead, and its health would be a guess. */
  #pingLater(): void {
    const { runtime, pingMs } = this.#settings;
    const due = this.#lastSendAt + pingMs;
    this.#cancelPing = runtime.at(due > runtime.now() ? due : runtime.now() + pingMs, () => {
      if (this.#state.kind !== 'ready') return;
      if (this.#sent.oldest() === undefined && runtime.now() - this.#lastSendAt >= pingMs) this.#owner.idle(this);
      this.#pingLater();
    });
  }
}
