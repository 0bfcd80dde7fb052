import { expect, it } from 'vitest';
import { idleWatch } from '../../../../src/adapters/mongo/inspection/idle-look.js';
import { describeMongo } from '../../../support/mongo/shared.js';
import { orders } from '../topics/support.js';
import { openOffice, type Office } from './support.js';

const idleMs = 300;

function told({ events }: Office): unknown[] {
  return events.flatMap((event) => (event.type === 'subscription-idle' ? [[event.subscription.subscription, event.waiting, event.idleMs >= idleMs]] : []));
}

describeMongo('a subscription that nobody reads', () => {
  it('is reported once in each time, by one of the processes that look', async () => {
    const one = await openOffice();
    const other = await openOffice({ database: one.database });
    await one.topic();
    await one.subscribe('billing');
    await one.publish('a', 'b');
    const watches = [one, other].map(({ context, directory }) => idleWatch(context, directory, idleMs));
    const look = async (): Promise<unknown[]> => {
      await Promise.all(watches.map((watch) => watch.look(orders)));
      return [...told(one), ...told(other)];
    };
    expect(await look()).toEqual([]);
    await expect.poll(look).toEqual([['billing', 2, true]]);
    await expect.poll(look).toHaveLength(2);
  });

  it('is one that holds messages, and that nobody took anything from', async () => {
    const office = await openOffice();
    await office.topic();
    for (const name of ['empty', 'busy', 'idle']) await office.subscribe(name);
    await office.publish('a', 'b', 'c');
    const [empty, busy] = [await office.consumer('empty'), await office.consumer('busy')];
    await empty.end('ack', await empty.take(3));
    const watch = idleWatch(office.context, office.directory, idleMs);
    await watch.look(orders);
    await expect.poll(async () => {
      await busy.take(1);
      await office.publish('more');
      await empty.end('ack', await empty.take(1));
      await watch.look(orders);
      return told(office).map(String);
    }).not.toEqual([]);
    expect(new Set(told(office).map((one) => String(one).split(',')[0]))).toEqual(new Set(['idle']));
  });

  it('is looked at now and then, however often somebody calls', async () => {
    const office = await openOffice();
    await office.topic();
    await office.subscribe('billing');
    await office.publish('a');
    // At once, also where a busy machine's idea of the server's time is seconds behind it.
    const watch = idleWatch(office.context, office.directory, -60_000);
    // Whoever publishes looks as well: whether this is the second look at what waits, which is the first that tells, is open.
    await watch.look(orders);
    const before = told(office).length;
    for (let n = 0; n < 100; n += 1) watch.touch(orders);
    await expect.poll(() => told(office).length).toBe(before + 1);
    for (let n = 0; n < 100; n += 1) watch.touch(orders);
    await office.counts();
    expect(told(office)).toHaveLength(before + 1);
  });
});
