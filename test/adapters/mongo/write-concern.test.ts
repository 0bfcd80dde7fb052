import type { Collection } from 'mongodb';
import { firstValueFrom, take } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { MongoBroker } from '../../../src/adapters/mongo/broker.js';
import { Chronow } from '../../../src/chronow.js';
import type { Delivery } from '../../../src/index.js';
import { KeySpace } from '../../../src/keys/key-space.js';
import { systemRuntime } from '../../../src/system-runtime.js';
import { describeMongo, freshDatabase, mongoUri } from '../../support/mongo/shared.js';
import { storeTo } from '../../support/mongo/store.js';
import { limits } from './topics/support.js';

interface Written {
  readonly cw: Chronow;
  /** The write concerns that commands went out with since it was asked last: of a name, to a collection. */
  readonly concerns: (command: string, collection: string) => readonly unknown[];
}

/** A client of which every write is seen as it goes out to the server. */
async function written(): Promise<Written> {
  const store = storeTo({ uri: `${mongoUri()}&monitorCommands=true`, database: freshDatabase() });
  const runtime = systemRuntime();
  const broker = new MongoBroker({ store, keys: new KeySpace('cw:'), runtime, limits }, {});
  await firstValueFrom(broker.open(), { defaultValue: undefined });
  const cw = Chronow.over({ broker, runtime });
  onTestFinished(() => cw.close());
  const seen: { readonly to: string; readonly concern: unknown }[] = [];
  const { db: { client } }: Collection = store.collection('cw_log');
  client.on('commandStarted', ({ commandName, command }) => {
    seen.push({ to: `${commandName} ${String(Reflect.get(command, commandName))}`, concern: Reflect.get(Object(Reflect.get(command, 'writeConcern')), 'w') });
  });
  await cw.bus.ensureSubscription('orders', 'billing', { maxDeliveries: 3 });
  seen.length = 0;
  return {
    cw,
    concerns: (command, collection) => {
      const found = seen.filter(({ to }) => to === `${command} ${collection}`).map(({ concern }) => concern);
      seen.length = 0;
      return [...new Set(found)];
    },
  };
}

function next(cw: Chronow): Promise<Delivery<number>> {
  return firstValueFrom(cw.topic<number>('orders').subscription('billing').pipe(take(1)));
}

describeMongo('Mongo: what is answered for is confirmed by the majority', () => {
  it('a publish: its message and its pointers', async () => {
    const { cw, concerns } = await written();
    await cw.topic<number>('orders').publish(1);
    expect(concerns('insert', 'cw_log')).toEqual(['majority']);
    await cw.topic<number>('orders').publish(2);
    expect(concerns('insert', 'cw_deliv')).toEqual(['majority']);
  });

  it('an acknowledgement and a dead letter', async () => {
    const { cw, concerns } = await written();
    await cw.topic<number>('orders').publishBatch([{ payload: 1 }, { payload: 2 }]);
    await (await next(cw)).ack();
    expect(concerns('delete', 'cw_deliv')).toEqual(['majority']);
    const second = await next(cw);
    concerns('update', 'cw_deliv');
    await second.deadLetter('Rejected');
    expect(concerns('update', 'cw_deliv')).toEqual(['majority']);
  });

  it('a shared value', async () => {
    const { cw, concerns } = await written();
    await cw.shared.set('limit', 5);
    expect(concerns('findAndModify', 'cw_kv')).toEqual(['majority']);
  });

  it('a policy', async () => {
    const { cw, concerns } = await written();
    await cw.bus.ensureSubscription('orders', 'billing', { maxDeliveries: 4 });
    expect(concerns('update', 'cw_topics')).toEqual(['majority']);
  });
});
