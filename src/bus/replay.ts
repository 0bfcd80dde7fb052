import { EMPTY, Observable, concatMap, defer, expand, map, reduce } from 'rxjs';
import type { Broker } from '../port/broker.js';
import type { ReadRange } from '../port/inspection.js';
import type { StoredMessage } from '../port/message.js';
import type { SubscriptionRef } from '../port/names.js';
import type { Runtime } from '../port/runtime.js';

/** Messages read, and put back, at a time. */
const pageSize = 500;

export interface ReplayPlan {
  readonly subscription: SubscriptionRef;
  readonly from: number;
  readonly to: number;
  readonly filter: (message: StoredMessage) => boolean;
  /** Messages a second. */
  readonly rate: number;
}

interface Page {
  readonly last: string | undefined;
  readonly full: boolean;
  readonly redelivered: number;
}

/** Puts what a topic retains into one subscription again, page by page, no faster than asked. Answers how many. */
export function replay(broker: Broker, runtime: Runtime, plan: ReplayPlan): Observable<number> {
  const page = (after: string | undefined): Observable<Page> => {
    const range: ReadRange = { topic: plan.subscription, from: plan.from, to: plan.to, after, max: Math.min(pageSize, Math.max(1, Math.floor(plan.rate))) };
    return defer(() => broker.inspection.read(range)).pipe(
      concatMap((messages) => {
        const ids = messages.filter(plan.filter).map(({ id }) => id);
        const next = { last: messages.at(-1)?.id, full: messages.length === range.max };
        return broker.inspection.redeliver(plan.subscription, ids).pipe(map((redelivered) => ({ ...next, redelivered })));
      }),
    );
  };
  return page(undefined).pipe(
    expand((done) => (done.full ? after(runtime, (done.redelivered * 1_000) / plan.rate).pipe(concatMap(() => page(done.last))) : EMPTY)),
    reduce((count, done) => count + done.redelivered, 0),
  );
}

function after(runtime: Runtime, ms: number): Observable<void> {
  return new Observable((subscriber) => {
    const go = (): void => {
      subscriber.next();
      subscriber.complete();
    };
    // Also without a delay by way of the runtime: a long replay must not grow the stack.
    if (ms > 0) return runtime.at(runtime.now() + Math.ceil(ms), go);
    runtime.turn(go);
    return undefined;
  });
}
