import { Subject, take, takeUntil, type Observable, type Subscription } from 'rxjs';
import { ackOnComplete, retryWithBackoff, toDeadLetter } from '../../../operators/index.js';
import type { Delivery } from '../../../src/subscription/delivery.js';
import type { Settled } from '../../../src/subscription/outcome.js';
import type { History } from '../history/history.js';
import type { Payload } from '../history/message-text.js';
import type { ConsumerPlan, MessagePlan } from '../plan/plan.js';
import { codeOf, type SimProcess } from './sim-process.js';
import { workOf } from './work.js';

/** After a stream ended or failed the application waits so long before it subscribes again, ms. */
const pauseMs = 150;

/** What a consumer's application is made of. */
export interface Application {
  readonly process: SimProcess;
  readonly plan: ConsumerPlan;
  readonly messages: ReadonlyMap<number, MessagePlan>;
  readonly history: History;
  /** Poison was met. */
  readonly kill: (process: SimProcess) => void;
}

/** An application that consumes: real operators behind a real source, subscribed to again whenever it ended. */
export function consume(application: Application): void {
  const { process, plan, history } = application;
  const sub = `${plan.topic}/${plan.subscription}`;
  const again = (): void => {
    if (!process.ending) process.clock.after(pauseMs, () => { consume(application); });
  };
  if (process.ending) return;
  const source = process.cw.topic<Payload>(plan.topic).subscription(plan.subscription, { maxInFlight: plan.window, maxLeaseMs: plan.maxLeaseMs });
  const stop$ = new Subject<void>();
  let subscription: Subscription | undefined;
  subscription = pipeline(ends(source, plan, stop$), application, sub).subscribe({
    next: (outcome) => { history.add({ kind: 'outcome', client: process.name, sub, id: outcome.delivery.id, count: outcome.delivery.deliveryCount, n: numberOf(outcome.delivery.payload), what: textOf(outcome) }); },
    error: (error: unknown) => {
      history.add({ kind: 'stream-error', client: process.name, sub, code: codeOf(error) });
      again();
    },
    complete: again,
  });
  if (plan.style === 'drain') process.clock.after(plan.every, () => { stop$.next(); });
  if (plan.style === 'cycle') process.clock.after(plan.every, () => {
    subscription?.unsubscribe();
    subscription = undefined;
    again();
  });
}

function ends(source: Observable<Delivery<Payload>>, { style, every }: ConsumerPlan, stop$: Observable<void>): Observable<Delivery<Payload>> {
  if (style === 'take') return source.pipe(take(every));
  return style === 'drain' ? source.pipe(takeUntil(stop$)) : source;
}

function pipeline(deliveries: Observable<Delivery<Payload>>, { process, plan, messages, history, kill }: Application, sub: string): Observable<Settled> {
  const { concurrency, timeoutMs } = plan;
  const outcomes = deliveries.pipe(ackOnComplete(workOf(process, sub, messages, history, kill), { concurrency, timeoutMs }));
  const backoff = { initialMs: 40, factor: 3, maxMs: 900, jitter: 'equal' } as const;
  switch (plan.pipeline) {
    case 'retry': return outcomes.pipe(retryWithBackoff(backoff));
    case 'dead': return outcomes.pipe(toDeadLetter());
    case 'retry-dead': return outcomes.pipe(retryWithBackoff({ ...backoff, maxAttempts: 3 }), toDeadLetter());
    default: return outcomes;
  }
}

function textOf(outcome: Settled): string {
  switch (outcome.kind) {
    case 'lost': return `lost ${outcome.reason}`;
    case 'dead-lettered': return `dead ${outcome.reason}`;
    case 'failed': return `failed${outcome.spent ? ' spent' : ''}`;
    default: return outcome.kind;
  }
}

function numberOf(payload: unknown): number {
  return typeof payload === 'object' && payload !== null && 'n' in payload ? Number(payload.n) : Number.NaN;
}
