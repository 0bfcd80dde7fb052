import type { Chronow } from '../../../src/chronow.js';
import { isChronowError } from '../../../src/errors.js';
import type { PublishReceipt } from '../../../src/port/publisher.js';
import { headersOf, payloadOf, type Payload } from '../../simulation/history/message-text.js';
import type { PublishItem } from '../history/event.js';
import type { Journal } from '../history/journal.js';
import { topicName } from './message.js';
import type { PublishPlan } from './plan.js';
import { codeOf } from './tap.js';

/** Wait before a call of unknown outcome is sent again, ms. */
const againMs = 100;

export interface PublishParts {
  readonly cw: Chronow;
  readonly journal: Journal;
  readonly tenantId: string | undefined;
  readonly follow: <T>(what: string, promise: Promise<T>) => Promise<T>;
  readonly isEnding: () => boolean;
  readonly publishing: () => void;
  /** The last fault is over. */
  readonly isHealed: () => boolean;
}

/** After these the messages may be stored or not. */
const unknown = new Set(['LINK_LOST', 'PARTIAL_PUBLISH', 'CLOSED']);

/** Numbers of one publisher, the most. */
const most = 120;

/** Publishes as planned, one call after the other begun in time; resolves when every call has an outcome. */
export async function publishAll(plan: PublishPlan, parts: PublishParts): Promise<void> {
  const calls: Promise<void>[] = [];
  const goesOn = (done: number): boolean => done < plan.count || (plan.on === true && done < most && !parts.isHealed());
  for (let done = 0; goesOn(done) && !parts.isEnding(); done += plan.batch) {
    const size = plan.on === true ? plan.batch : Math.min(plan.batch, plan.count - done);
    calls.push(publishOne(plan, Array.from({ length: size }, (_, index) => itemOf(plan, plan.from + done + index)), parts));
    await pause(plan.everyMs);
  }
  await Promise.all(calls);
}

function itemOf({ keys, repeats, batch, delayedEvery }: PublishPlan, n: number): PublishItem {
  return {
    n,
    key: keys === 0 ? undefined : `k${n % keys}`,
    idempotencyKey: repeats && batch === 1 ? `i${n}` : undefined,
    delayMs: delayedEvery > 0 && n % delayedEvery === 0 ? 150 + (n % 7) * 40 : undefined,
  };
}

async function publishOne(plan: PublishPlan, items: readonly PublishItem[], parts: PublishParts): Promise<void> {
  const { journal, tenantId, isEnding } = parts;
  const call = journal.name('p');
  for (;;) {
    journal.add({ kind: 'publish', call, topic: topicName(tenantId, plan.topic), items });
    const sent = parts.follow(`publish ${call}`, send(plan, items, call, parts));
    parts.publishing();
    try {
      const receipts = await sent;
      journal.add({ kind: 'publish-end', call, how: 'ok', ids: receipts.map(({ id }) => id), code: undefined });
      return;
    } catch (error) {
      const isUnknown = isChronowError(error) && unknown.has(error.code);
      journal.add({ kind: 'publish-end', call, how: isUnknown ? 'info' : 'fail', ids: [], code: codeOf(error) });
      if (!isUnknown || !plan.repeats || isEnding()) return;
      await pause(againMs);
    }
  }
}

function send({ topic: name, batch }: PublishPlan, items: readonly PublishItem[], call: string, { cw }: PublishParts): Promise<readonly PublishReceipt[]> {
  const topic = cw.topic<Payload>(name);
  const messages = items.map(({ n, key, idempotencyKey, delayMs }) => ({ payload: payloadOf(n), headers: headersOf(n), key, idempotencyKey, delayMs }));
  if (batch > 1) return topic.publishBatch(messages, { token: call });
  return Promise.all(messages.map(({ payload, ...options }) => topic.publish(payload, options)));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
