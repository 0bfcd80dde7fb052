import { isChronowError } from '../../../src/errors.js';
import type { PublishReceipt } from '../../../src/port/publisher.js';
import type { History } from '../history/history.js';
import { headersOf, payloadOf, type Payload } from '../history/message-text.js';
import type { MessagePlan, PublishPlan } from '../plan/plan.js';
import { codeOf, type SimProcess } from './sim-process.js';

/** Wait before a call of unknown outcome is sent again, ms. */
const againMs = 150;

/** Publishes as planned. What has an id of its own (a batch token, an idempotency key) is sent again until its outcome is known. */
export function publish(process: SimProcess, plan: PublishPlan, call: string, history: History): void {
  const { name: client } = process;
  const ns = plan.messages.map(({ n }) => n);
  const mayRepeat = plan.batch || plan.messages.every(({ idempotencyKey }) => idempotencyKey !== undefined);
  history.add({ kind: 'publish', client, call, ns });
  const attempt = (): void => {
    if (process.ending) return;
    process.follow(`publish ${call}`, send(process, plan, call), (receipts) => {
      history.add({ kind: 'publish-ok', client, call, ns, ids: receipts.map(({ id }) => id) });
    }, (error) => {
      if (!isChronowError(error, 'LINK_LOST')) history.add({ kind: 'publish-refused', client, call, ns, code: codeOf(error) });
      else {
        history.add({ kind: 'publish-unknown', client, call, ns });
        if (mayRepeat) process.clock.after(againMs, attempt);
      }
    });
  };
  attempt();
}

function send(process: SimProcess, { topic: name, batch, messages }: PublishPlan, call: string): Promise<readonly PublishReceipt[]> {
  const topic = process.cw.topic<Payload>(name);
  const items = messages.map(itemOf);
  if (batch) return topic.publishBatch(items, { token: `batch-${call}` });
  return Promise.all(items.map(({ payload, ...options }) => topic.publish(payload, options)));
}

function itemOf({ n, key, idempotencyKey, delayMs, ttlMs }: MessagePlan): { payload: Payload; headers: Record<string, string>; key: string | undefined; idempotencyKey: string | undefined; delayMs: number | undefined; ttlMs: number | undefined } {
  return { payload: payloadOf(n), headers: headersOf(n), key, idempotencyKey, delayMs, ttlMs };
}
