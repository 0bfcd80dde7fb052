import { Subject, take, takeUntil, type Observable, type Subscription } from 'rxjs';
import { ackOnComplete } from '../../../operators/index.js';
import type { Chronow } from '../../../src/chronow.js';
import type { Delivery } from '../../../src/subscription/delivery.js';
import type { Settled } from '../../../src/subscription/outcome.js';
import type { Payload } from '../../simulation/history/message-text.js';
import type { Journal } from '../history/journal.js';
import { settleByHand } from './by-hand.js';
import { subName } from './message.js';
import type { ConsumePlan } from './plan.js';
import { codeOf } from './tap.js';
import { workOf } from './work.js';

/** After a stream ended or failed the application waits so long before it subscribes again, ms. */
const againMs = 100;

export interface ConsumeParts {
  readonly cw: Chronow;
  readonly seed: number;
  readonly journal: Journal;
  readonly tenantId: string | undefined;
  readonly isEnding: () => boolean;
  readonly working: () => void;
}

/** An application that consumes: subscribed to again whenever its stream ended. */
export function consume(plan: ConsumePlan, parts: ConsumeParts): void {
  const { cw, journal, tenantId, isEnding } = parts;
  const sub = subName(tenantId, plan.topic, plan.name);
  const again = (): void => { setTimeout(() => { if (!isEnding()) consume(plan, parts); }, againMs); };
  const source = cw.topic<Payload>(plan.topic).subscription(plan.name, { ...plan.policy, maxInFlight: plan.window, consumerName: `w${plan.window}` });
  const failed = (error: unknown): void => {
    if (!isEnding()) journal.add({ kind: 'stream-error', sub, code: codeOf(error) });
    again();
  };
  if (plan.style === 'by-hand') {
    source.subscribe({ next: (delivery) => { void settleByHand(delivery, journal); }, error: failed, complete: again });
    return;
  }
  const stop$ = new Subject<void>();
  let subscription: Subscription | undefined;
  const timeoutMs = plan.style === 'bad' ? 300 : undefined;
  subscription = ends(source, plan, stop$).pipe(ackOnComplete(workOf(plan, sub, parts), { concurrency: plan.concurrency, timeoutMs })).subscribe({
    next: (outcome) => {
      const { id, deliveryCount: count, payload } = outcome.delivery;
      journal.add({ kind: 'outcome', sub, id, n: payload.n, count, what: textOf(outcome) });
    },
    error: failed,
    complete: again,
  });
  const every = plan.every ?? 0;
  if (plan.style === 'drain') setTimeout(() => { stop$.next(); }, every);
  if (plan.style === 'cycle') setTimeout(() => {
    subscription?.unsubscribe();
    subscription = undefined;
    again();
  }, every);
}

function ends(source: Observable<Delivery<Payload>>, { style, every = 1 }: ConsumePlan, stop$: Observable<void>): Observable<Delivery<Payload>> {
  if (style === 'take') return source.pipe(take(every));
  return style === 'drain' ? source.pipe(takeUntil(stop$)) : source;
}

function textOf(outcome: Settled): string {
  switch (outcome.kind) {
    case 'lost': return `lost ${outcome.reason}`;
    case 'dead-lettered': return `dead ${outcome.reason}`;
    case 'failed': return `failed${outcome.spent ? ' spent' : ''}`;
    default: return outcome.kind;
  }
}
