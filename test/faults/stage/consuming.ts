import { Observable } from 'rxjs';
import { DeadLetter, ackOnComplete } from '../../../operators/index.js';
import type { Chronow } from '../../../src/chronow.js';
import type { Message } from '../../../src/subscription/delivery.js';
import type { Settled } from '../../../src/subscription/outcome.js';
import type { Payload } from '../../simulation/history/message-text.js';
import type { Journal } from '../history/journal.js';
import { subName, temperOf, workMsOf } from './message.js';
import type { ConsumePlan } from './plan.js';
import { codeOf } from './tap.js';

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
  const source = cw.topic<Payload>(plan.topic).subscription(plan.name, { maxInFlight: plan.window, consumerName: `w${plan.window}` });
  source.pipe(ackOnComplete(workOf(plan, sub, parts), { concurrency: plan.concurrency })).subscribe({
    next: (outcome) => {
      const { id, deliveryCount: count, payload } = outcome.delivery;
      journal.add({ kind: 'outcome', sub, id, n: payload.n, count, what: textOf(outcome) });
    },
    error: (error: unknown) => {
      if (!isEnding()) journal.add({ kind: 'stream-error', sub, code: codeOf(error) });
      again();
    },
    complete: again,
  });
}

function workOf({ workMs }: ConsumePlan, sub: string, { seed, journal, working }: ConsumeParts): (message: Message<Payload>) => Observable<number> {
  return ({ id, deliveryCount: count, payload: { n } }) => new Observable((out) => {
    const temper = temperOf(seed, n);
    const note = (what: 'started' | 'done' | 'failed' | 'stopped'): void => { journal.add({ kind: 'work', sub, id, n, count, what }); };
    note('started');
    working();
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      const fails = temper === 'always' || temper === 'no-good' || (temper === 'once' && count === 1);
      note(fails ? 'failed' : 'done');
      if (!fails) {
        out.next(n);
        out.complete();
      } else out.error(temper === 'no-good' ? new DeadLetter('NoGood') : new Error(`work on ${String(n)} failed`));
    }, workMsOf(seed, n, workMs));
    return () => {
      clearTimeout(timer);
      if (!over) note('stopped');
    };
  });
}

function textOf(outcome: Settled): string {
  switch (outcome.kind) {
    case 'lost': return `lost ${outcome.reason}`;
    case 'dead-lettered': return `dead ${outcome.reason}`;
    case 'failed': return `failed${outcome.spent ? ' spent' : ''}`;
    default: return outcome.kind;
  }
}

