import { setTimeout } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import type { Order } from '../../../../../src/port/policy.js';
import { freshNamespace, rawClient, redisPort } from '../../../../support/redis/shared.js';
import { until } from '../../../../support/servers/until.js';
import { Member, type FlockPlan } from './flock.js';
import { orderBroker, type Wrap } from './order-broker.js';
import { OrderLog } from './order-log.js';
import { seeded } from './seeded.js';

export interface FlockRun {
  readonly order: Order;
  readonly keys: number;
  readonly messages: number;
  readonly window: number;
  readonly kills: number;
  readonly seed: number;
  /** The longest that work on a message takes. Default: 3. */
  readonly workMs?: number;
}

/** Three processes at a time over one subscription; some are killed, some leave and come again. */
export async function runFlock({ order, keys, messages, window, kills, seed, workMs = 3 }: FlockRun, wrap?: Wrap, patienceMs = 40_000): Promise<{ readonly log: OrderLog; readonly namespace: string }> {
  const log = new OrderLog(messages);
  const chance = seeded(seed);
  const plan: FlockPlan = { port: redisPort(), namespace: freshNamespace(), order, log, window, visibilityTimeoutMs: 900, chance, workMs, ...(wrap === undefined ? {} : { wrap }) };
  const members = await Promise.all([1, 2, 3].map((name) => Member.start(plan, `p${name}`)));
  const publisher = orderBroker(redisPort(), order);
  await firstValueFrom(publisher.open(), { defaultValue: undefined });
  const next = new Map<string, number>();
  const all = log.all();
  const publishing = (async () => {
    for (let sent = 0; sent < messages;) {
      const batch = Array.from({ length: Math.min(100, messages - sent) }, () => {
        const key = order === 'strict' ? 's' : `k${Math.floor(chance() * keys)}`;
        const index = next.get(key) ?? 0;
        next.set(key, index + 1);
        return { body: JSON.stringify({ key, index }), headers: {}, key };
      });
      await firstValueFrom(publisher.publisher.publish({ topic: { tenantId: 'default', namespace: plan.namespace, topic: 't' }, token: `${plan.namespace}-${sent}`, messages: batch }));
      sent += batch.length;
    }
  })();
  for (let killed = 0; killed < kills && log.done < messages && log.breaks.length === 0; killed += 1) {
    await setTimeout(150 + chance() * 300);
    members[killed % 3]?.comeAgain();
    await setTimeout(100 + chance() * 200);
    if (killed % 2 === 1) members[(killed + 1) % 3]?.freeze();
    const at = Math.floor(chance() * 3);
    const fresh = Member.start(plan, `p${killed + 4}`);
    await members[at]?.kill();
    members[at] = await fresh;
  }
  await publishing;
  await Promise.race([all, untilBroken(log), setTimeout(patienceMs, undefined, { ref: false })]);
  await Promise.all(members.map((member) => member.close()));
  await firstValueFrom(publisher.close(), { defaultValue: undefined });
  return { log, namespace: plan.namespace };
}

async function untilBroken(log: OrderLog): Promise<void> {
  while (log.breaks.length === 0) await setTimeout(50);
}

/** Nothing of the order's bookkeeping is left but what every subscription has. */
export async function nothingLeft(namespace: string): Promise<void> {
  const client = rawClient();
  const of = (name: string): string => `{cw:default:${namespace}:topic:t}:${name}:s`;
  await until('nothing is left over', async () => {
    const left = await Promise.all([client.hlen(of('hold')), client.zcard(of('parked')), client.zcard(of('ready')), client.zcard(of('floor')), client.zcard(of('due')), client.hlen(of('tries'))]);
    return left.every((count) => count === 1);
  });
}
