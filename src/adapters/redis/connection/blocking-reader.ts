import { ChronowError } from '../../../errors.js';
import type { CancelTimer, Runtime } from '../../../port/runtime.js';
import { backoffDelay, type Backoff } from '../../../retry/backoff.js';
import type { Commander } from './commander.js';
import type { Argument, Reader } from './connection.js';
import { replyOf, type Driver, type Socket } from './driver.js';
import { chronowError, closedError, deadlinePassed, linkLost, loginFailure, type Asked } from './errors.js';
import type { NodeLine } from './node-line.js';
import { asNumber, type Reply } from './reply.js';
import type { Router } from './router.js';
import { failureOf, type Failure } from './server-error.js';

/** How long an answer may be late before the socket counts as dead. Servers are up to 100 ms late by themselves. */
const marginMs = 2_000;

/** A reader that is asked to stop while its command is still on the way is asked again. */
const unblockEveryMs = 25;

/** Replies that say: not here, not any more. */
const elsewhere: ReadonlySet<string> = new Set(['MOVED', 'ASK', 'READONLY', 'CLUSTERDOWN', 'MASTERDOWN', 'UNBLOCKED']);

export interface ReaderParts {
  readonly key: string;
  readonly driver: Driver;
  readonly runtime: Runtime;
  readonly router: Router;
  readonly commander: Commander;
  readonly backoff: Backoff;
  ended(): void;
}

/** One socket, one read at a time. Nothing is ever sent twice here: a read that got no answer may have been handed messages. */
export class BlockingReader implements Reader {
  readonly #parts: ReaderParts;
  #socket: Socket | undefined = undefined;
  #owner: NodeLine | undefined = undefined;
  #clientId: number | undefined = undefined;
  #read: Reading | undefined = undefined;
  #lost = 0;
  #failures = 0;
  #isClosed = false;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  get lost(): number {
    return this.#lost;
  }

  read(name: string, args: readonly Argument[], blockMs: number): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(closedError('read'));
        return;
      }
      if (this.#read !== undefined) {
        reject(new ChronowError('OPTION_INVALID', 'a reader reads one at a time: wait for the answer, or take another reader'));
        return;
      }
      const { runtime } = this.#parts;
      const now = runtime.now();
      const reading: Reading = { label: `command ${name}`, key: this.#parts.key, name, args: [...args], limitMs: blockMs + marginMs, isSent: false, isStopped: false, cancel: undefined, cancelRetry: undefined, resolve, reject };
      reading.cancel = runtime.at(now + reading.limitMs, () => { this.#late(reading); });
      this.#read = reading;
      const isPlaced = this.#socket !== undefined && this.#owner === this.#ownerNow();
      // One that is still being opened sends it when it is there.
      if (isPlaced && this.#socket !== undefined && this.#clientId !== undefined) this.#send(reading, this.#socket);
      else if (!isPlaced) this.#connect(reading, this.#failures === 0 ? 0 : this.#delay());
    });
  }

  unblock(): void {
    const reading = this.#read;
    if (reading === undefined || reading.isStopped) return;
    reading.isStopped = true;
    // What was not sent is not handed anything.
    if (reading.isSent) this.#unblockNow(reading);
    else this.#end(reading, () => { reading.resolve(null); });
  }

  /** A server that is no master any more may stay silent about it, and keep the socket. */
  mastersChanged(): void {
    if (this.#owner !== undefined && !this.#parts.router.masters().includes(this.#owner)) this.#down({ kind: 'link', word: 'MOVED', text: 'the server is no master any more' });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#drop();
    const reading = this.#read;
    if (reading !== undefined) this.#end(reading, () => { reading.reject(closedError(reading.label)); });
    this.#parts.ended();
  }

  #ownerNow(): NodeLine | undefined {
    return this.#parts.router.ownerOf(this.#parts.key);
  }

  /** Also waits, where the last attempts failed: callers read in a loop. */
  #connect(reading: Reading, delayMs: number): void {
    const { runtime } = this.#parts;
    this.#drop();
    if (delayMs > 0) {
      reading.cancelRetry = runtime.at(runtime.now() + delayMs, () => { this.#connect(reading, 0); });
      return;
    }
    const owner = this.#ownerNow();
    if (owner === undefined) {
      // The cluster has not said yet who it is.
      this.#parts.router.doubt();
      this.#failures += 1;
      this.#connect(reading, this.#delay());
      return;
    }
    this.#owner = owner;
    let socket: Socket | undefined = undefined;
    socket = this.#parts.driver.socket(owner.address, {
      ready: () => { if (socket !== undefined && socket === this.#socket) void this.#introduce(socket); },
      lost: (error) => { if (socket === this.#socket) this.#down(failureOf(error)); },
    });
    this.#socket = socket;
  }

  /** The id is what CLIENT UNBLOCK needs. */
  async #introduce(socket: Socket): Promise<void> {
    try {
      this.#clientId = asNumber(replyOf(await socket.call('client', ['id'])));
    } catch (error) {
      if (socket === this.#socket) this.#refused(failureOf(error));
      return;
    }
    const reading = this.#read;
    if (socket === this.#socket && reading !== undefined && !reading.isSent) this.#send(reading, socket);
  }

  #send(reading: Reading, socket: Socket): void {
    reading.isSent = true;
    socket.call(reading.name, reading.args).then(
      (reply) => {
        this.#failures = 0;
        this.#end(reading, () => { reading.resolve(replyOf(reply)); });
      },
      (error: unknown) => {
        const failure = failureOf(error);
        // A lost socket is told by the socket itself.
        if (failure.kind === 'reply' && socket === this.#socket) this.#refused(failure);
      },
    );
  }

  #refused(failure: Failure): void {
    const reading = this.#read;
    if (elsewhere.has(failure.word)) {
      if (failure.word === 'MOVED' || failure.word === 'ASK' || failure.word === 'READONLY') this.#parts.router.doubt();
      this.#failures += 1;
      this.#drop();
    }
    if (reading !== undefined) this.#end(reading, () => { reading.reject(chronowError(failure, reading)); });
  }

  /** The socket is gone. */
  #down(failure: Failure): void {
    const reading = this.#read;
    this.#drop();
    this.#failures += 1;
    if (reading === undefined) return;
    const fatal = loginFailure(failure);
    if (fatal !== undefined) this.#end(reading, () => { reading.reject(fatal); });
    else if (reading.isSent) this.#loseRead(reading, linkLost(reading, failure));
    else {
      reading.last = failure;
      this.#connect(reading, this.#delay());
    }
  }

  #late(reading: Reading): void {
    if (this.#read !== reading) return;
    this.#drop();
    const error = deadlinePassed(reading, reading.limitMs, reading.last);
    if (reading.isSent) this.#loseRead(reading, error);
    else this.#end(reading, () => { reading.reject(error); });
  }

  #loseRead(reading: Reading, error: Error): void {
    this.#lost += 1;
    this.#end(reading, () => { reading.reject(error); });
  }

  #unblockNow(reading: Reading): void {
    if (this.#read !== reading) return;
    const { runtime, commander } = this.#parts;
    const owner = this.#owner;
    const again = (): void => { reading.cancelRetry = runtime.at(runtime.now() + unblockEveryMs, () => { this.#unblockNow(reading); }); };
    if (owner === undefined || this.#clientId === undefined) {
      again();
      return;
    }
    // 0: it was not blocked yet, or is not any more; only the answer to the read tells.
    commander.commandOver(owner, 'client', ['unblock', this.#clientId]).then(again, again);
  }

  #end(reading: Reading, tell: () => void): void {
    if (this.#read !== reading) return;
    this.#read = undefined;
    reading.cancel?.();
    reading.cancelRetry?.();
    tell();
  }

  #delay(): number {
    return backoffDelay(this.#parts.backoff, this.#failures, () => this.#parts.runtime.random());
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#owner = undefined;
    this.#clientId = undefined;
    socket?.destroy();
  }
}

interface Reading extends Asked {
  readonly name: string;
  readonly args: Argument[];
  readonly limitMs: number;
  /** From here on it may be handed something. */
  isSent: boolean;
  isStopped: boolean;
  last?: Failure;
  cancel: CancelTimer | undefined;
  cancelRetry: CancelTimer | undefined;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}
