import type { ObservableInput, Subscriber } from 'rxjs';
import type { SettleAction } from '../../src/port/lease.js';
import type { Order } from '../../src/port/policy.js';
import type { Delivery, Message } from '../../src/subscription/delivery.js';
import { Fifo } from '../../src/subscription/fifo.js';
import type { LostReason, SettleResult } from '../../src/subscription/lease-cell.js';
import { Failed, FailureFate, type Acked, type Lost } from '../../src/subscription/outcome.js';
import { cellOf } from './cell-of.js';
import { Deadlines } from './deadlines.js';
import { Job, type JobRun } from './job.js';
import { Lanes } from './lanes.js';
import { settleByPolicy } from './settle-by-policy.js';
import { isPromise, leaseLimitError, orderError, promiseInVirtualTime, timeoutError, workStream } from './work-errors.js';

/** Work on one message. */
export type Project<T, R> = (message: Message<T>, index: number) => ObservableInput<R>;

/** Options of a run, checked and with their defaults. */
export interface WorkOptions {
  readonly concurrency: number;
  readonly order: Order | undefined;
  readonly timeoutMs: number | undefined;
  readonly graceMs: number;
}

export type WorkOutcome<T, R> = Acked<T, R> | Failed<T> | Lost<T>;

/** Nobody waits for a promise any more: its rejection must not end the process. */
const unheard = { error: (): void => undefined };

const strictness: Readonly<Record<Order, number>> = { none: 0, key: 1, strict: 2 };

/** One subscribe() of `ackOnComplete`: takes deliveries, runs the work, acks, and says what became of each. */
export class WorkRun<T, R> implements JobRun<T, R> {
  readonly #project: Project<T, R>;
  readonly #options: WorkOptions;
  readonly #out: Subscriber<WorkOutcome<T, R>>;
  readonly #live: Job<T, R>[] = [];
  readonly #queue = new Fifo<Job<T, R>>();
  readonly #lanes = new Map<object, Lanes<Job<T, R>>>();
  #timeouts: Deadlines<Job<T, R>> | undefined = undefined;
  #graces: Deadlines<Job<T, R>> | undefined = undefined;
  /** May start, in this call. */
  readonly #passed = new Fifo<Job<T, R>>();
  #isPassing = false;
  #active = 0;
  #index = 0;
  #upstreamDone = false;

  constructor(project: Project<T, R>, options: WorkOptions, out: Subscriber<WorkOutcome<T, R>>) {
    this.#project = project;
    this.#options = options;
    this.#out = out;
  }

  // -- upstream and downstream ---------------------------------------------------------------------------------------

  take(delivery: Delivery<T>): void {
    const cell = cellOf(delivery, this.#out);
    if (cell === undefined) return;
    const job = new Job(this, cell, delivery, this.#index);
    if (!cell.take(job)) {
      this.#out.next({ kind: 'lost', delivery, reason: cell.refusal });
      return;
    }
    this.#index += 1;
    job.place = this.#live.length;
    this.#live.push(job);
    const stored = cell.owner.policy.order;
    const order = this.#options.order ?? stored;
    if (strictness[order] > strictness[stored]) this.#out.error(orderError(order, stored, delivery.subscription));
    else {
      const next = order === 'none' ? job : this.#enterLane(job, order);
      if (next !== undefined) this.#startOrQueue(next);
    }
  }

  /** The source is done: what was taken is worked off, then this stream completes. */
  upstreamDone(): void {
    this.#upstreamDone = true;
    this.#completeIfDone();
  }

  /** The subscriber left: what runs is cancelled, what has not failed yet is given back. */
  teardown(): void {
    for (const job of this.#queue.drain()) job.giveBack();
    for (const job of [...this.#live]) {
      if (job.phase === 'queued') job.giveBack();
      else if (job.phase === 'running') this.#stop(job, undefined);
    }
  }

  // -- what jobs report ----------------------------------------------------------------------------------------------

  workCompleted(job: Job<T, R>): void {
    if (job.phase === 'orphaned') this.#end(job);
    if (job.phase !== 'running' && job.phase !== 'overtime') return;
    job.phase = 'settling';
    job.cell.settle('ack', job);
    this.#passOn(job);
  }

  workFailed(job: Job<T, R>, error: unknown): void {
    if (job.phase === 'orphaned') this.#end(job);
    // Told to stop, it may well reject: that was no attempt.
    if (job.phase === 'overtime') this.#giveUp(job, job.overtimeError);
    else if (job.phase === 'running' && job.cell.state !== 'lost') this.#fail(job, error);
  }

  ackAnswered(job: Job<T, R>, result: SettleResult): void {
    if (result === 'lapsed' || result === 'taken' || result === 'unknown') this.#out.next({ kind: 'lost', delivery: job.delivery, reason: result });
    else this.#out.next({ kind: 'acked', delivery: job.delivery, value: job.value, empty: job.empty });
  }

  leaseLost(job: Job<T, R>, reason: LostReason): void {
    if (job.phase === 'queued') this.#queue.remove(job);
    const promiseRuns = job.promised && (job.phase === 'running' || job.phase === 'overtime');
    job.phase = promiseRuns ? 'orphaned' : 'settling';
    this.#goesBack(job);
    if (!promiseRuns) job.inner?.unsubscribe();
    // Said before it ends: the end may complete the stream.
    if (job.fate === undefined) this.#out.next({ kind: 'lost', delivery: job.delivery, reason });
    else job.fate.settled(job.cell, reason);
    if (!promiseRuns) this.#end(job);
  }

  leaseLimit(job: Job<T, R>): void {
    if (job.phase === 'queued') {
      // Its work never began: it is not the one to blame.
      this.#queue.remove(job);
      job.giveBack();
      return;
    }
    if (job.fate !== undefined) {
      this.#settleUndecided(job, job.fate);
      return;
    }
    if (job.phase !== 'running' && job.phase !== 'overtime') return;
    const error = leaseLimitError(job.delivery, job.cell.owner.runtime.now() - job.cell.heldSince);
    // Unsubscribed first: work that errors on abort has not failed.
    job.inner?.unsubscribe();
    job.cell.abort(error);
    this.#fail(job, error);
  }

  revoke(job: Job<T, R>): void {
    if (job.fate !== undefined) this.#settleUndecided(job, job.fate);
    if (job.phase === 'queued') this.#queue.remove(job);
    else if (job.phase !== 'running' && job.phase !== 'overtime') return;
    job.inner?.unsubscribe();
    job.cell.abort('closed');
    job.giveBack();
  }

  jobSettling(job: Job<T, R>, action: SettleAction): void {
    if (job.lane !== undefined) this.#lanes.get(job.cell.owner.orderScope)?.settling(job.lane, job, action);
  }

  /** The settlement is confirmed: slot and key are free. */
  jobOver(job: Job<T, R>): void {
    this.#end(job);
  }

  // -- inside --------------------------------------------------------------------------------------------------------

  /** A failure that waits for somebody's decision waits no longer. */
  #settleUndecided(job: Job<T, R>, fate: FailureFate): void {
    if (job.cell.state === 'taken') settleByPolicy(fate, job.failure);
  }

  #leaveLane(job: Job<T, R>, key: string): void {
    const { cell } = job;
    const lanes = this.#lanes.get(cell.owner.orderScope);
    const leave = (): void => {
      const next = lanes?.leave(key, job);
      if (next !== undefined) this.#startOrQueue(next);
    };
    if (cell.state !== 'lost') {
      leave();
      return;
    }
    lanes?.goesBack(key, job);
    if (cell.lostReason === 'taken') leave();
    // For the backend the lease may last longer, and so long it hands out what comes behind.
    else cell.owner.farewell(cell, leave);
  }

  /**
   * The ack is on its way within the lease: the next of the key may start. One after the other and not one within the other, however
   * many there are whose work is done at once.
   */
  #passOn(job: Job<T, R>): void {
    const { cell, lane } = job;
    if (lane === undefined || job.phase !== 'settling' || !job.isHeld) return;
    const next = this.#lanes.get(cell.owner.orderScope)?.pass(lane, job);
    if (next === undefined) return;
    this.#passed.push(next);
    if (this.#isPassing) return;
    this.#isPassing = true;
    for (let started = this.#passed.shift(); started !== undefined; started = this.#passed.shift()) this.#startOrQueue(started);
    this.#isPassing = false;
  }

  #goesBack(job: Job<T, R>): void {
    if (job.lane !== undefined) this.#lanes.get(job.cell.owner.orderScope)?.goesBack(job.lane, job);
  }

  #enterLane(job: Job<T, R>, order: Order): Job<T, R> | undefined {
    const key = order === 'strict' ? '' : job.delivery.key;
    if (key === undefined) return job;
    job.lane = key;
    let lanes = this.#lanes.get(job.cell.owner.orderScope);
    if (lanes === undefined) this.#lanes.set(job.cell.owner.orderScope, (lanes = new Lanes()));
    return lanes.enter(key, job);
  }

  #startOrQueue(job: Job<T, R>): void {
    if (this.#active < this.#options.concurrency) this.#start(job);
    else this.#queue.push(job);
  }

  #start(job: Job<T, R>): void {
    this.#active += 1;
    job.holdsSlot = true;
    job.phase = 'running';
    try {
      const work = this.#project(job.delivery, job.index);
      const stream = workStream(work);
      job.promised = isPromise(work);
      const inVirtualTime = job.promised && job.cell.owner.runtime.virtual;
      // The project may have ended this very stream.
      if (job.promised && (inVirtualTime || job.phase !== 'running')) stream.subscribe(unheard);
      if (inVirtualTime) throw promiseInVirtualTime(job.delivery);
      if (job.phase !== 'running') return;
      if (this.#options.timeoutMs !== undefined) this.#timeoutsFor(job, this.#options.timeoutMs).add(job);
      job.inner = stream.subscribe(job);
    } catch (error) {
      this.workFailed(job, error);
    }
    // So may the work, before there was anything to unsubscribe.
    if (job.phase !== 'running' && !job.promised) job.inner?.unsubscribe();
  }

  /** Asks running work to stop: an Observable stops at once, a promise gets its grace. */
  #stop(job: Job<T, R>, error: unknown): void {
    const inGrace = job.promised && this.#options.graceMs > 0;
    if (inGrace) {
      job.phase = 'overtime';
      job.overtimeError = error;
      this.#gracesFor(job).add(job);
    } else {
      job.inner?.unsubscribe();
    }
    job.cell.abort(error ?? 'cancelled');
    if (!inGrace) this.#giveUp(job, error);
  }

  /** The work was stopped: a failure where there is an error to tell, else given back unused. */
  #giveUp(job: Job<T, R>, error: unknown): void {
    if (error === undefined) job.giveBack();
    else this.#fail(job, error);
  }

  /** Shows the failure downstream; where no operator takes it in that very call, the stored policy settles it. */
  #fail(job: Job<T, R>, error: unknown): void {
    job.phase = 'failed';
    this.#timeouts?.remove(job);
    const { cell } = job;
    const attempt = cell.claimed.deliveryCount;
    const fate = new FailureFate(cell);
    job.fate = fate;
    job.failure = error;
    try {
      this.#out.next(new Failed(job.delivery, error, attempt, attempt >= cell.owner.policy.maxDeliveries, fate));
    } finally {
      if (fate.own('policy')) settleByPolicy(fate, error);
    }
  }

  #end(job: Job<T, R>): void {
    if (job.phase === 'over') return;
    job.phase = 'over';
    this.#timeouts?.remove(job);
    this.#graces?.remove(job);
    const last = this.#live.pop();
    if (last !== undefined && last !== job) {
      this.#live[job.place] = last;
      last.place = job.place;
    }
    if (job.holdsSlot) this.#active -= 1;
    if (job.lane !== undefined) this.#leaveLane(job, job.lane);
    while (this.#active < this.#options.concurrency && this.#queue.size > 0) {
      const queued = this.#queue.shift();
      if (queued !== undefined) this.#start(queued);
    }
    this.#completeIfDone();
  }

  #completeIfDone(): void {
    if (this.#upstreamDone && this.#live.length === 0) this.#out.complete();
  }

  #timeoutsFor(job: Job<T, R>, timeoutMs: number): Deadlines<Job<T, R>> {
    this.#timeouts ??= new Deadlines(job.cell.owner.runtime, timeoutMs, (late) => {
      if (late.phase === 'running') this.#stop(late, timeoutError(late.delivery, timeoutMs));
    });
    return this.#timeouts;
  }

  #gracesFor(job: Job<T, R>): Deadlines<Job<T, R>> {
    this.#graces ??= new Deadlines(job.cell.owner.runtime, this.#options.graceMs, (late) => {
      if (late.phase !== 'overtime') return;
      late.inner?.unsubscribe();
      this.#giveUp(late, late.overtimeError);
    });
    return this.#graces;
  }
}
