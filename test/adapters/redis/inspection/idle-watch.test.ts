import { expect, it } from 'vitest';
import { idleWatch } from '../../../../src/adapters/redis/inspection/idle-look.js';
import { describeRedis } from '../../../support/redis/shared.js';
import { freshTopic, looker } from '../topics/support.js';
import type { Office } from './support.js';
import { openOffice } from './support.js';

const idleMs = 200;

function told({ events }: Office): unknown[] {
  return events.flatMap((event) => (event.type === 'subscription-idle' ? [[event.subscription.subscription, event.waiting, event.idleMs >= idleMs]] : []));
}

describeRedis('a subscription that nobody reads', () => {
  it('is reported once in each time, by one of the processes that look', async () => {
    const [one, other] = [await openOffice(), await openOffice()];
    const topic = freshTopic();
    await one.topic(topic, { shardCount: 2 });
    await one.subscribe(topic, 'billing');
    await one.publish(topic, 'a', 'b');
    const watches = [one, other].map(({ context, directory }) => idleWatch(context, directory, idleMs));
    const look = async (): Promise<unknown[]> => {
      await Promise.all(watches.map((watch) => watch.look(topic)));
      return [...told(one), ...told(other)];
    };
    expect(await look()).toEqual([]);
    await expect.poll(look).toEqual([['billing', 2, true]]);
    await expect.poll(look).toHaveLength(2);
  });

  it('is one that holds messages, and that nobody took anything from', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    await office.topic(topic);
    for (const name of ['empty', 'busy', 'idle']) await office.subscribe(topic, name);
    await office.publish(topic, 'a', 'b', 'c');
    const { read, ack } = looker();
    await ack({ ...topic, subscription: 'empty' }, ...(await read({ ...topic, subscription: 'empty' })));
    const watch = idleWatch(office.context, office.directory, idleMs);
    await watch.look(topic);
    await expect.poll(async () => {
      await read({ ...topic, subscription: 'busy' }, 1);
      await office.publish(topic, 'more');
      await watch.look(topic);
      return told(office).map(String);
    }).not.toEqual([]);
    expect(told(office).map((one) => String(one).split(',')[0])).not.toContain('busy');
  });

  it('is looked at now and then, however often somebody calls', async () => {
    const office = await openOffice();
    const topic = freshTopic();
    await office.topic(topic);
    await office.subscribe(topic, 'billing');
    await office.publish(topic, 'a');
    const watch = idleWatch(office.context, office.directory, 0);
    for (let n = 0; n < 100; n += 1) watch.touch(topic);
    await expect.poll(() => told(office).length).toBe(1);
    for (let n = 0; n < 100; n += 1) watch.touch(topic);
    await watch.look(topic);
    expect(told(office)).toHaveLength(2);
  });
});
