import { expect, it } from 'vitest';
import { describeMongo } from '../../../support/mongo/shared.js';
import { bodies, openStage } from './support/stage.js';

describeMongo('Mongo deliveries: claims', () => {
  it('a waiting claim is woken by what is published, and what is acknowledged is gone', async () => {
    const stage = await openStage();
    await stage.queue();
    const consumer = await stage.consumer();
    const waiting = consumer.claim(10);
    await stage.publish('a');
    const { deliveries, makeRoom } = await waiting;
    expect([bodies(deliveries), makeRoom, deliveries[0]?.deliveryCount]).toEqual([['a'], false, 1]);
    expect(await consumer.ack(...deliveries)).toEqual([]);
    expect(await stage.pointers.countDocuments()).toBe(0);
  });
});
