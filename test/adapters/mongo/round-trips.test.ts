import type { Collection } from 'mongodb';
import { EMPTY, firstValueFrom, take, toArray } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { MongoBroker } from '../../../src/adapters/mongo/broker.js';
import type { MongoStore } from '../../../src/adapters/mongo/connection/store.js';
import type { PointerDocument } from '../../../src/adapters/mongo/layout/pointer-document.js';
import { Chronow } from '../../../src/chronow.js';
import { KeySpace } from '../../../src/keys/key-space.js';
import { systemRuntime } from '../../../src/system-runtime.js';
import { ackOnComplete } from '../../../operators/ack-on-complete.js';
import { describeMongo, freshDatabase, mongoUri } from '../../support/mongo/shared.js';
import { storeTo } from '../../support/mongo/store.js';
import { limits } from './topics/support.js';
import { around } from './topics/wrapped.js';

const count = 6_000;
const most = 0.05;

interface Counted {
  readonly cw: Chronow;
  readonly commands: Map<string, number>;
}

/** A client whose commands are counted, as the driver's own monitoring tells them. Not the pulse: it beats by the clock, whatever is done. */
async function counted(bug: (store: MongoStore) => MongoStore = (store) => store): Promise<Counted> {
  const store = storeTo({ uri: `${mongoUri()}&monitorCommands=true`, database: freshDatabase() });
  const runtime = systemRuntime();
  const broker = new MongoBroker({ store: bug(store), keys: new KeySpace('cw:'), runtime, limits }, {});
  await firstValueFrom(broker.open(), { defaultValue: undefined });
  const cw = Chronow.over({ broker, runtime });
  onTestFinished(() => cw.close());
  const commands = new Map<string, number>();
  const { db: { client } }: Collection = store.collection('cw_log');
  client.on('commandStarted', ({ commandName }) => { if (commandName !== 'hello') commands.set(commandName, (commands.get(commandName) ?? 0) + 1); });
  await cw.bus.ensureSubscription('orders', 'billing');
  commands.clear();
  return { cw, commands };
}

async function publishInBatches(cw: Chronow): Promise<void> {
  const orders = cw.topic<number>('orders');
  for (let at = 0; at < count; at += 500) await orders.publishBatch(Array.from({ length: 500 }, (_, index) => ({ payload: at + index })));
}

async function consume(cw: Chronow): Promise<void> {
  const acked$ = cw.topic('orders').subscription('billing', { maxInFlight: 256 }).pipe(ackOnComplete(() => EMPTY), take(count), toArray());
  expect(await firstValueFrom(acked$)).toHaveLength(count);
}

/** Looks at each message before it is settled. */
const oneByOne = (store: MongoStore): MongoStore => around({
  before: async ({ collection, method, args: [filter] }) => {
    const ids: unknown = collection === 'cw_deliv' && method === 'deleteMany' ? Reflect.get(Object(Reflect.get(Object(filter), '_id')), '$in') : [];
    for (const id of Array.isArray(ids) ? ids : []) await store.collection<PointerDocument>('cw_deliv').findOne({ _id: String(id) });
  },
})(store);

function total(commands: ReadonlyMap<string, number>): number {
  return [...commands.values()].reduce((sum, count) => sum + count, 0);
}

describeMongo('Mongo: round trips', () => {
  it('a message that is published, consumed and acknowledged among many takes 0.05 of them at most', async () => {
    const { cw, commands } = await counted();
    await publishInBatches(cw);
    expect([...commands]).toSatisfy(() => total(commands) / count <= 0.02);
    await consume(cw);
    expect([...commands]).toSatisfy(() => total(commands) / count <= most);
  });

  it('callers that publish at the same time share them', async () => {
    const { cw, commands } = await counted();
    const orders = cw.topic<number>('orders');
    await Promise.all(Array.from({ length: count }, (_, index) => orders.publish(index)));
    expect([...commands]).toSatisfy(() => total(commands) / count <= 0.02);
  });

  it('settlements that take one each are noticed', async () => {
    const { cw, commands } = await counted(oneByOne);
    await publishInBatches(cw);
    await consume(cw);
    expect(total(commands) / count).toBeGreaterThan(most);
  });
});
