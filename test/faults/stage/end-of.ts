import { firstValueFrom } from 'rxjs';
import { bodyText, numberIn } from '../../simulation/history/message-text.js';
import type { DeadText, EndState } from '../check/record.js';
import { keysOf, topicsOf } from './drain.js';
import { subName, topicName } from './message.js';
import type { Stage } from './stage.js';

const most = 10_000;

/** What the store holds in the end. */
export async function endOf(stage: Stage, drained: boolean): Promise<Pick<EndState, 'available' | 'dead' | 'retained' | 'keys'>> {
  const { inspection } = stage.admin;
  const available: Record<string, readonly string[]> = {};
  const dead: Record<string, readonly DeadText[]> = {};
  const retained: Record<string, readonly string[]> = {};
  for (const { tenantId = 'default', topic, name: subscription } of stage.plan.subscriptions) {
    const ref = { tenantId, namespace: 'default', topic, subscription };
    const sub = subName(tenantId, topic, subscription);
    available[sub] = drained ? [] : (await firstValueFrom(inspection.peek(ref, most))).map(({ message }) => message.id);
    dead[sub] = (await firstValueFrom(inspection.peekDeadLetters(ref, most))).map(({ message: { id, body, headers, key }, deliveryCount: count, history }) => ({ id, n: numberIn(body), key, body: bodyText(body), headers: JSON.stringify(headers), count, reason: history.at(-1)?.reason ?? '' }));
  }
  for (const topic of topicsOf(stage)) {
    const messages = await firstValueFrom(inspection.read({ topic, from: 0, to: Number.MAX_SAFE_INTEGER, max: most }));
    retained[topicName(topic.tenantId, topic.topic)] = messages.filter(({ body }) => !Number.isNaN(numberIn(body))).map(({ id, body }) => `${numberIn(body)} ${id}`);
  }
  return { available, dead, retained, keys: await keysOf(stage) };
}
