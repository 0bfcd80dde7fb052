import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { Chronow, configFromEnv } from 'chronow';
import { startReplicaSet, type ReplicaSet } from '../../support/mongo/replica-set.js';
import { describeMongo } from '../../support/mongo/shared.js';

const secret = 'canary-4711';

/** Everything that a log could show of a value. */
function shown(value: unknown): string {
  const cause = value instanceof Error ? [value.stack, inspect(value.cause, { depth: 10, showHidden: true })].join('\n') : '';
  return [String(value), inspect(value, { depth: 10, showHidden: true }), JSON.stringify(value), cause].join('\n');
}

describeMongo('passwords and payloads of a client on MongoDB', () => {
  let set: ReplicaSet;
  let uri: string;
  beforeAll(async () => {
    set = await startReplicaSet({ auth: true });
    await (await set.primary()).admin({ createUser: 'user', pwd: secret, roles: ['readWriteAnyDatabase'] });
    uri = set.uriOf({ username: 'user', password: secret });
  });
  afterAll(() => set.stop());

  it('are in no error, event, state or printed object of it, the warm tier included', { timeout: 60_000 }, async () => {
    const seen: unknown[] = [];
    const collect = (work: Promise<unknown>): Promise<void> => work.then((value) => { seen.push(value); }, (error: unknown) => { seen.push(error); });
    // The warm tier has a login that the server refuses.
    const dbConnections = { main: { mongoUri: set.uriOf({ username: 'nobody', password: secret }) } };
    const cw = await Chronow.init({ ...configFromEnv({ CHRONOW_URL: uri }), chronos: { config: { dbConnections, databases: { messaging: { dbConnRef: 'main', dbName: 'theirs' } } } } });
    onTestFinished(() => cw.close({ deadlineMs: 1_000 }));
    cw.events$.subscribe((event) => { seen.push(event); });
    cw.status$.subscribe((status) => { seen.push(status); });
    const { bus, shared } = cw;
    const orders = cw.topic<string>('orders', { schema: { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'no' }] }) } } });
    seen.push(cw, orders, orders.subscription('billing'), configFromEnv({ CHRONOW_URL: uri }).redis);
    await bus.ensureSubscription('orders', 'billing', { maxDeliveries: 1 });
    await bus.publish('orders', secret, { headers: { authorization: secret }, persistWarmCopy: true });
    for await (const message of bus.consume('orders', 'billing')) {
      await message.deadLetter('Refused');
      break;
    }
    await collect(orders.publish(secret));
    await collect(bus.publish('orders', secret, { headers: { a: secret.repeat(4_000) } }));
    await collect(bus.publish('orders', secret.repeat(2_000_000)));
    await collect(shared.set('a', secret, { warm: { persist: 'required' } }));
    await collect(shared.set('a', secret.repeat(2_000_000)));
    await collect(shared.get('nothing'));
    await collect(shared.history('a'));
    await collect(bus.stats('orders'));
    const member = await set.primary();
    await member.kill9();
    const down = [collect(bus.publish('orders', secret)), collect(shared.set('a', secret)), collect(shared.get('a'))];
    await collect(Chronow.init({ url: uri, connectTimeoutMs: 1_000 }));
    await collect(Chronow.init({ url: uri.replace('mongodb://', 'mongodb+srv://'), connectTimeoutMs: 1_000 }));
    await collect(Chronow.init({ url: `${uri}&readConcernLevel=${secret}&maxPoolSize=${secret}` }));
    await cw.close({ deadlineMs: 500 });
    await Promise.all(down);
    await collect(bus.publish('orders', secret));
    await member.restart();
    expect(seen.filter((value) => value instanceof Error).length).toBeGreaterThan(7);
    expect(seen.map(shown).join('\n').split('\n').filter((line) => line.includes('canary'))).toEqual([]);
  });
});
