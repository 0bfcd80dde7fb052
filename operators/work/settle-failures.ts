import { Observable } from 'rxjs';
import type { FailureNote, SettleAction } from '../../src/port/lease.js';
import type { Message } from '../../src/subscription/delivery.js';
import type { SettleResult } from '../../src/subscription/lease-cell.js';
import { Failed, type Acked, type DeadLettered, type FailureFate, type Lost, type Retried } from '../../src/subscription/outcome.js';
import { settleByPolicy } from './settle-by-policy.js';

/** How an operator settles a failure. */
export interface Decision {
  readonly action: SettleAction;
  readonly delayMs?: number | undefined;
  readonly note: FailureNote;
}

/** What can become of a failure that was settled. */
export type FailureEnd<T> = Acked<T, never> | DeadLettered<T> | Lost<T> | Retried<T>;

/** `pass`: the next operator, or the policy, is to settle it. `later`: call `settle` once it is decided. */
export type Verdict = Decision | 'pass' | ((settle: (decision: Decision) => void) => () => void);

/** What an outcome operator does with a failure. A method, so that an operator may ask for the payload type its signature knows. */
export interface Decider {
  decide(failed: Failed<unknown>): Verdict;
}

/**
 * Where a run emits. TypeScript cannot compute an operator's output type for an open stream type, so the inside is
 * untyped here; the signatures of the operators are held to it by test/types.
 */
interface OutcomeSink {
  next(value: unknown): void;
  error(error: unknown): void;
  complete(): void;
}

/**
 * The common body of the operators behind the work: everything but failures passes; a failure is taken in the call that
 * brings it, settled as decided, and what became of it is emitted when the backend confirmed. Completes after the last
 * confirmation. A failure that arrives later than the call that emitted it was settled by the policy meanwhile: then
 * what really happened is emitted.
 */
class FailureRun {
  readonly #operator: string;
  readonly #decider: Decider;
  readonly #out: OutcomeSink;
  readonly #undecided = new Map<FailureFate, { readonly failed: Failed<unknown>; readonly cancel: () => void }>();
  #pending = 0;
  #upstreamDone = false;

  constructor(operator: string, decider: Decider, out: OutcomeSink) {
    this.#operator = operator;
    this.#decider = decider;
    this.#out = out;
  }

  take(failed: Failed<unknown>): void {
    const fate = Failed.fateOf(failed);
    if (fate.owner !== undefined) {
      this.#tellWhatHappened(failed, fate);
      return;
    }
    const verdict = this.#verdict(failed);
    if (verdict.verdict === 'pass') {
      this.#out.next(verdict.failed);
    } else {
      fate.own(this.#operator);
      this.#await(verdict.failed, fate);
      if (typeof verdict.verdict === 'function') this.#decideLater(verdict.failed, fate, verdict.verdict);
      else settle(fate, verdict.verdict);
    }
  }

  upstreamDone(): void {
    this.#upstreamDone = true;
    this.#completeIfDone();
  }

  /** Nobody will decide any more: the stored policy settles what is undecided; the attempt counts. */
  teardown(): void {
    for (const [fate, { failed, cancel }] of [...this.#undecided]) {
      this.#undecided.delete(fate);
      cancel();
      settleByPolicy(fate, failed.error);
    }
  }

  /** A user function that throws must not end the process, nor lose the failure: both errors go on together. */
  #verdict(failed: Failed<unknown>): { readonly failed: Failed<unknown>; readonly verdict: Verdict } {
    try {
      return { failed, verdict: this.#decider.decide(failed) };
    } catch (error) {
      const both = new AggregateError([failed.error, error], `${this.#operator}: a function of its options threw while it decided about a failure`);
      return { failed: new Failed(failed.delivery, both, failed.attempt, failed.spent, Failed.fateOf(failed)), verdict: 'pass' };
    }
  }

  #decideLater(failed: Failed<unknown>, fate: FailureFate, begin: (settle: (decision: Decision) => void) => () => void): void {
    let decided = false;
    const cancel = begin((decision) => {
      if (decided) return;
      decided = true;
      this.#undecided.delete(fate);
      settle(fate, decision);
    });
    if (!decided) this.#undecided.set(fate, { failed, cancel });
  }

  #await(failed: Failed<unknown>, fate: FailureFate): void {
    this.#pending += 1;
    fate.whenEnded((result) => {
      // The lease may end before anybody decided.
      this.#undecided.get(fate)?.cancel();
      this.#undecided.delete(fate);
      this.#pending -= 1;
      this.#out.next(failureEnd(failed, fate, result));
      this.#completeIfDone();
    });
  }

  #tellWhatHappened(failed: Failed<unknown>, fate: FailureFate): void {
    const { cell } = fate;
    if (fate.owner === 'policy') cell.owner.report({ type: 'failed-too-late', subscription: cell.owner.subscription, id: cell.claimed.message.id, operator: this.#operator });
    this.#await(failed, fate);
  }

  #completeIfDone(): void {
    if (this.#upstreamDone && this.#pending === 0) this.#out.complete();
  }
}

function settle(fate: FailureFate, { action, delayMs, note }: Decision): void {
  fate.settle(action, delayMs, note);
}

function failureEnd(failed: Failed<unknown>, fate: FailureFate, result: SettleResult): FailureEnd<unknown> {
  const delivery: Message<unknown> = failed.delivery;
  const { error } = failed;
  if (result === 'lapsed' || result === 'taken' || result === 'unknown') return { kind: 'lost', delivery, reason: result };
  if (fate.action === 'ack') return { kind: 'acked', delivery, value: undefined, empty: true };
  if (fate.action === 'retry' && result === 'settled') return { kind: 'retried', delivery, error, attempt: failed.attempt, delayMs: fate.delayMs };
  return { kind: 'dead-lettered', delivery, error, reason: fate.note?.reason ?? 'Rejected', description: fate.note?.description, stored: result !== 'dropped' };
}

/** Builds an operator from a decision; `Out` is what the operator's own signature promises. */
export function settleFailures<Out>(source: Observable<unknown>, operator: string, decider: Decider): Observable<Out> {
  return new Observable<Out>((out) => {
    const sink: OutcomeSink = out;
    const run = new FailureRun(operator, decider, sink);
    out.add(() => { run.teardown(); });
    out.add(source.subscribe({
      next: (value) => {
        if (value instanceof Failed) run.take(value);
        else sink.next(value);
      },
      error: (error: unknown) => { sink.error(error); },
      complete: () => { run.upstreamDone(); },
    }));
  });
}
