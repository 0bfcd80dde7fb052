import { Observable } from 'rxjs';
import { DeadLetter, RetryLater } from '../../../operators/index.js';
import type { Message } from '../../../src/subscription/delivery.js';
import type { History } from '../history/history.js';
import type { Payload } from '../history/message-text.js';
import type { MessagePlan, Temper } from '../plan/plan.js';
import type { SimProcess } from './sim-process.js';

/** What the work of one attempt comes to. */
type Result = 'done' | 'failed' | 'never' | 'kills' | DeadLetter | RetryLater;

/** The work of every consumer: takes its virtual time, ends as the message's plan says, and is written down. */
export function workOf(process: SimProcess, sub: string, messages: ReadonlyMap<number, MessagePlan>, history: History, kill: (process: SimProcess) => void): (message: Message<Payload>) => Observable<number> {
  const { name: client, clock } = process;
  return (message) => {
    const { n } = message.payload;
    const plan = messages.get(n);
    const { id, key, deliveryCount: count } = message;
    const lease = process.leaseOf(sub, id);
    const ended = (how: 'done' | 'failed' | 'stopped' | 'died'): void => { history.add({ kind: 'ended', client, sub, lease, n, how }); };
    const start = (): void => { history.add({ kind: 'started', client, sub, lease, id, n, key, count }); };
    const result = resultOf(plan?.temper ?? { kind: 'good' }, count);
    if (plan?.temper.kind === 'fails' && plan.temper.throws && result === 'failed') {
      start();
      ended('failed');
      throw new Error(`work on ${String(n)} threw`);
    }
    return new Observable((out) => {
      start();
      let over = false;
      const end = (how: 'done' | 'failed' | 'died', then: () => void): void => {
        over = true;
        ended(how);
        then();
      };
      const cancel = clock.after(plan?.workMs ?? 0, () => {
        if (result === 'kills') end('died', () => { kill(process); });
        else if (result === 'done') end('done', () => { out.next(n); out.complete(); });
        else if (result === 'failed') end('failed', () => { out.error(new Error(`work on ${String(n)} failed`)); });
        else if (result !== 'never') end('failed', () => { out.error(result); });
      });
      return () => {
        cancel();
        if (!over && !process.isGone) ended('stopped');
      };
    });
  };
}

function resultOf(temper: Temper, count: number): Result {
  switch (temper.kind) {
    case 'fails': return count <= temper.times ? 'failed' : 'done';
    case 'dies': return new DeadLetter('NoGood');
    case 'later': return count === 1 ? new RetryLater(temper.delayMs) : 'done';
    case 'hangs': return 'never';
    case 'poison': return 'kills';
    default: return 'done';
  }
}
