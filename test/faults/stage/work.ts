import { Observable } from 'rxjs';
import { DeadLetter } from '../../../operators/index.js';
import type { Message } from '../../../src/subscription/delivery.js';
import { Chance, seedOf } from '../../simulation/random.js';
import type { Payload } from '../../simulation/history/message-text.js';
import type { ConsumeParts } from './consuming.js';
import { temperOf, workMsOf } from './message.js';
import type { ConsumePlan } from './plan.js';

type Work = (message: Message<Payload>) => Observable<number> | Promise<number>;

/** The work of a consumer: takes its time, ends as the message is, and is written down. */
export function workOf(plan: ConsumePlan, sub: string, parts: ConsumeParts): Work {
  const good = goodWork(plan, sub, parts);
  if (plan.style !== 'bad') return good;
  // Bad only at a first attempt, so that all gets done in the end.
  return (message) => {
    const { deliveryCount: count, payload: { n } } = message;
    const how = count > 1 ? 'good' : new Chance(seedOf(parts.seed, 'bad', n)).pick('throws', 'rejects', 'hangs', 'good', 'good');
    if (how === 'throws') throw new Error('work threw');
    if (how === 'rejects') return Promise.reject(new Error('work rejected'));
    return how === 'hangs' ? new Observable() : good(message);
  };
}

function goodWork({ workMs }: ConsumePlan, sub: string, { seed, journal, working }: ConsumeParts): (message: Message<Payload>) => Observable<number> {
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
      } else out.error(temper === 'no-good' ? new DeadLetter('NoGood') : new Error(`work on ${n} failed`));
    }, workMsOf(seed, n, workMs));
    return () => {
      clearTimeout(timer);
      if (!over) note('stopped');
    };
  });
}
