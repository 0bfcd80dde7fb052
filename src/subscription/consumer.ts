import type { CoreEvent } from '../port/core-events.js';
import type { ClaimAnswer, ConsumerLink } from '../port/delivery-store.js';
import type { StoredMessage } from '../port/message.js';
import type { SubscriptionRef } from '../port/names.js';
import type { SubscriptionPolicy } from '../port/policy.js';
import type { CancelTimer, Runtime } from '../port/runtime.js';
import { ClaimLoop, type ClaimLoopOwner } from './claim-loop.js';
import type { Delivery } from './delivery.js';
import { DeliveryView } from './delivery-view.js';
import { unreadableNote } from './failure-note.js';
import { Farewells } from './farewells.js';
import { Fifo } from './fifo.js';
import { LeaseCell, type CellOwner, type LostReason } from './lease-cell.js';
import { LeaseKeeper, type LeaseKeeperOwner } from './lease-keeper.js';
import { SettleQueue, type SettleQueueOwner } from './settle-queue.js';
import { TurnBudget } from './turn-budget.js';

/** Where a consumer's deliveries go. */
export interface DeliverySink<T> {
  next(delivery: Delivery<T>): void;
  error(error: unknown): void;
  complete(): void;
}

/** Turns a claimed body into a payload. What it throws sends the message to the dead letters. A promise (a schema that asks elsewhere) holds back the messages behind it, so that order is kept. */
export type PayloadReader<T> = (message: StoredMessage) => T | PendingPayload<T>;

/** A payload that is not known yet. */
export class PendingPayload<T> {
  readonly payload: Promise<T>;

  constructor(payload: Promise<T>) {
    this.payload = payload;
  }
}

export interface ConsumerSetup<T> {
  readonly runtime: Runtime;
  readonly link: ConsumerLink;
  readonly subscription: SubscriptionRef;
  readonly consumerName: string;
  /** The most deliveries that may be unsettled at once. */
  readonly window: number;
  /** The longest time a lease is renewed, ms. */
  readonly maxLeaseMs: number;
  readonly claimLingerMs: number;
  readonly settleLingerMs: number;
  readonly read: PayloadReader<T>;
  readonly sink: DeliverySink<T>;
  readonly report: (event: CoreEvent) => void;
  /** Called once, when it was stopped and nothing is held, queued or under way any more. */
  readonly onEnd: () => void;
}

/**
 * One subscribe()'s consumer: its window, its claims, its settlements, its renewals. It outlives its subscriber: after
 * teardown it goes on until everything it holds is settled, so that drain, `firstValueFrom` and deliveries in the
 * user's hands need no special case.
 *
 * The pump is a trampoline, never recursion: emit what is buffered, send settlements, claim; again while anything moved.
 */
export class Consumer<T> implements CellOwner, SettleQueueOwner, LeaseKeeperOwner, ClaimLoopOwner {
  readonly runtime: Runtime;
  readonly link: ConsumerLink;
  readonly subscription: SubscriptionRef;
  readonly consumerName: string;
  readonly window: number;
  readonly maxLeaseMs: number;
  readonly settleLingerMs: number;
  readonly report: (event: CoreEvent) => void;
  /** Everything unsettled, in no order. */
  readonly held: LeaseCell[] = [];
  readonly #buffer = new Fifo<LeaseCell>();
  readonly #read: PayloadReader<T>;
  readonly #sink: DeliverySink<T>;
  readonly #onEnd: () => void;
  readonly #settlements: SettleQueue;
  readonly #leases: LeaseKeeper;
  readonly #claims: ClaimLoop;
  readonly #farewells: Farewells;
  readonly #budget: TurnBudget;
  #isolated = 0;
  #beingRead: LeaseCell | undefined = undefined;
  #pumping = false;
  #moved = false;
  #scheduled = false;
  #stopped = false;
  #ended = false;
  #letGo: CancelTimer | undefined = undefined;

  constructor(setup: ConsumerSetup<T>) {
    this.runtime = setup.runtime;
    this.link = setup.link;
    this.subscription = setup.subscription;
    this.consumerName = setup.consumerName;
    this.window = setup.window;
    this.maxLeaseMs = setup.maxLeaseMs;
    this.settleLingerMs = setup.settleLingerMs;
    this.report = setup.report;
    this.#read = setup.read;
    this.#sink = setup.sink;
    this.#onEnd = setup.onEnd;
    this.#settlements = new SettleQueue(this);
    this.#leases = new LeaseKeeper(this);
    this.#claims = new ClaimLoop(this, setup.claimLingerMs);
    this.#farewells = new Farewells(setup.runtime, setup.link);
    this.#budget = new TurnBudget(setup.runtime, () => { this.#pump(); });
  }

  /** Begins to claim, on an empty stack: nothing is ever emitted inside subscribe(). */
  start(): void {
    this.#letGo = this.runtime.stayAlive();
    this.wake();
  }

  /** Stops reading. What was not emitted is released; what was taken stays with its taker. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#claims.stop();
    for (const cell of [this.#beingRead, ...this.#buffer.drain()]) if (cell?.state === 'buffered') cell.settle('release', undefined);
    this.wake();
  }

  /** Stops reading and completes the stream; the operators behind it finish what runs. */
  drain(): void {
    if (this.#stopped) return;
    this.stop();
    this.#sink.complete();
  }

  // -- what operators, cells and the parts ask -----------------------------------------------------------------------

  get policy(): SubscriptionPolicy {
    return this.link.policy;
  }

  get unsettled(): number {
    return this.held.length;
  }

  get holdsIsolated(): boolean {
    return this.#isolated > 0;
  }

  get windowFull(): boolean {
    return this.held.length >= this.window && this.#buffer.size === 0;
  }

  get orderScope(): object {
    return this;
  }

  get claimsSent(): number {
    return this.#claims.sent;
  }

  get settleNow(): boolean {
    return this.#stopped || this.held.length >= this.window || this.#settlements.unconfirmed >= this.held.length;
  }

  revokeAll(what: 'unstarted' | 'running'): void {
    for (const cell of [...this.held]) {
      if (cell.custodian !== undefined) cell.custodian.revoke(cell, what);
      // In the user's hands: nobody else can give it back.
      else if (cell.state === 'offered' && what === 'running') cell.settle('release', undefined);
    }
  }

  custodyChanged(cell: LeaseCell): void {
    this.#leases.watch(cell);
  }

  send(cell: LeaseCell): void {
    this.#settlements.push(cell);
    this.wake();
  }

  /** Runs the pump: again if it runs, else as soon as the stack is empty. */
  wake(): void {
    this.#moved = true;
    if (this.#pumping || this.#scheduled) return;
    this.#scheduled = true;
    this.runtime.soon(this.#scheduledPump);
  }

  /** Gives the cell's place in the window back, exactly once. */
  freed(cell: LeaseCell): void {
    if (cell.slot < 0) return;
    const last = this.held.pop();
    if (last !== undefined && last !== cell) {
      this.held[cell.slot] = last;
      last.slot = cell.slot;
    }
    cell.slot = -1;
    if (cell.claimed.isolated) this.#isolated -= 1;
    this.#moved = true;
  }

  claimed(answer: ClaimAnswer): void {
    const now = this.runtime.now();
    for (const claimed of answer.deliveries) {
      const cell = new LeaseCell(claimed, this, now);
      cell.slot = this.held.length;
      this.held.push(cell);
      if (claimed.isolated) this.#isolated += 1;
      // What arrives after the stop goes straight back.
      if (this.#stopped) cell.settle('release', undefined);
      else this.#buffer.push(cell);
    }
    this.wake();
  }

  claimRefused(error: unknown): void {
    this.stop();
    this.#sink.error(error);
  }

  leaked(cell: LeaseCell): void {
    this.report({ type: 'delivery-leaked', subscription: this.subscription, id: cell.claimed.message.id, deliveryCount: cell.claimed.deliveryCount });
    cell.settle('leak', undefined);
  }

  lapsed(cell: LeaseCell): void {
    // Only its place is given back. The user may still settle it by hand: the backend knows whether it was taken.
    this.freed(cell);
    this.#reportLost(cell, 'lapsed');
    this.wake();
  }

  farewell(cell: LeaseCell, said: () => void): void {
    this.#farewells.say({ token: cell.token, action: 'retry', delayMs: 0, said: () => { said(); this.wake(); } });
    this.wake();
  }

  lost(cell: LeaseCell, reason: 'lapsed' | 'taken'): void {
    this.freed(cell);
    const unseen = this.#buffer.remove(cell) || cell === this.#beingRead;
    if (unseen && reason === 'lapsed' && this.policy.order !== 'none') this.#farewells.say({ token: cell.token, action: 'release', said: () => { this.wake(); } });
    this.#reportLost(cell, reason);
    cell.lose(reason);
    this.wake();
  }

  stalled(cell: LeaseCell, heldMs: number): void {
    this.report({ type: 'stalled', subscription: this.subscription, id: cell.claimed.message.id, heldMs });
  }

  claimRetried(attempt: number, error: unknown): void {
    this.report({ type: 'claim-retried', subscription: this.subscription, attempt, error });
  }

  renewFailed(count: number, error: unknown): void {
    this.report({ type: 'renew-retried', subscription: this.subscription, count, error });
  }

  settleFailed(count: number, error: unknown): void {
    this.report({ type: 'settle-retried', subscription: this.subscription, count, error });
  }

  settlementLost(cell: LeaseCell, reason: 'taken' | 'unknown'): void {
    this.#reportLost(cell, reason);
  }

  // -- the pump ------------------------------------------------------------------------------------------------------

  readonly #scheduledPump = (): void => {
    this.#scheduled = false;
    this.#pump();
  };

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      do {
        this.#moved = false;
        this.#emit();
        this.#settlements.flush();
        if (this.#settlements.unconfirmed === 0) this.#farewells.flush();
        if (!this.#budget.exhausted && !this.#farewells.pending) this.#claims.next();
      } while (this.#moved && !this.#budget.exhausted);
    } finally {
      this.#pumping = false;
    }
    this.#endIfDone();
  }

  #emit(): void {
    while (!this.#stopped && this.#beingRead === undefined && !this.#budget.exhausted) {
      const cell = this.#buffer.shift();
      if (cell === undefined) return;
      this.#budget.spend();
      this.#offer(cell);
    }
  }

  #offer(cell: LeaseCell): void {
    let payload: T | PendingPayload<T>;
    try {
      payload = this.#read(cell.claimed.message);
    } catch (error) {
      this.#bury(cell, error);
      return;
    }
    if (payload instanceof PendingPayload) this.#offerLater(cell, payload.payload);
    else this.#offerNow(cell, payload);
  }

  #offerNow(cell: LeaseCell, payload: T): void {
    cell.state = 'offered';
    this.#sink.next(new DeliveryView(cell, payload));
    if (cell.state === 'offered') this.#leases.watch(cell);
  }

  #offerLater(cell: LeaseCell, pending: Promise<T>): void {
    this.#beingRead = cell;
    this.#leases.watch(cell);
    const goOn = (offer: () => void): void => {
      this.#beingRead = undefined;
      if (cell.state === 'buffered') offer();
      this.wake();
    };
    pending.then(
      (payload) => { goOn(() => { this.#offerNow(cell, payload); }); },
      (error: unknown) => { goOn(() => { this.#bury(cell, error); }); },
    );
  }

  /** A body that cannot be read never crashes and never loops. */
  #bury(cell: LeaseCell, error: unknown): void {
    const failure = unreadableNote(error);
    this.report({ type: 'undeliverable', subscription: this.subscription, id: cell.claimed.message.id, reason: failure.reason, error });
    cell.settle('dead-letter', undefined, undefined, failure);
  }

  #reportLost(cell: LeaseCell, reason: LostReason): void {
    this.report({ type: 'lease-lost', subscription: this.subscription, id: cell.claimed.message.id, deliveryCount: cell.claimed.deliveryCount, reason });
  }

  #endIfDone(): void {
    if (!this.#stopped || this.#ended || this.#claims.underWay || this.held.length > 0 || this.#settlements.unconfirmed > 0) return;
    this.#ended = true;
    this.#leases.stop();
    this.#farewells.stop();
    this.#letGo?.();
    this.link.detach().subscribe({ error: () => { /* the link is gone already; the backend forgets it by itself */ } });
    this.#onEnd();
  }
}
