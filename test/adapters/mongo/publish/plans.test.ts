import type { Document } from 'mongodb';
import { expect, it } from 'vitest';
import { Janitor } from '../../../../src/adapters/mongo/topics/janitor.js';
import { describeMongo } from '../../../support/mongo/shared.js';
import { ask, looker, message, openDesk, orders } from '../topics/support.js';
import { around, type Call } from '../topics/wrapped.js';

/** Every stage of the plan that won. */
function stagesOf(plan: unknown): readonly string[] {
  if (typeof plan !== 'object' || plan === null) return [];
  return Object.entries(plan).flatMap(([name, value]: [string, unknown]) => {
    if (name === 'rejectedPlans' || name === 'command') return [];
    return name === 'stage' && typeof value === 'string' ? [value] : stagesOf(value);
  });
}

function commandOf({ collection, method, args: [first, second, third] }: Call): Document | undefined {
  const given = /update/i.test(method) ? third : second;
  const options = typeof given === 'object' && given !== null ? given : {};
  const named = (names: readonly string[]): Document => Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)));
  switch (method) {
    case 'find':
    case 'findOne': return { find: collection, filter: first, ...named(['sort', 'limit', 'projection', 'hint']) };
    case 'countDocuments': return { aggregate: collection, pipeline: [{ $match: first }, { $group: { _id: 1, n: { $sum: 1 } } }], cursor: {}, ...named(['hint']) };
    case 'updateOne':
    case 'updateMany': return { update: collection, updates: [{ q: first, u: second, multi: method === 'updateMany' }] };
    case 'deleteOne':
    case 'deleteMany': return { delete: collection, deletes: [{ q: first, limit: method === 'deleteOne' ? 1 : 0 }] };
    case 'findOneAndUpdate': return { findAndModify: collection, query: first, update: second };
    case 'distinct': return { distinct: collection, key: first };
    case 'aggregate': return { aggregate: collection, pipeline: first, cursor: {}, ...named(['hint']) };
    default: return undefined;
  }
}

describeMongo('plans of what topics and publishing ask of MongoDB', () => {
  it.each([true, false])('are by an index and sort nothing, with server times %s', async (serverNow) => {
    const calls: Call[] = [];
    const desk = await openDesk({ connection: { probes: { serverNow } }, wrap: around({ before: (call) => { calls.push(call); } }) });
    const { db, settle } = looker(desk.database);
    await desk.topic(orders, { maxStreamLen: 30, onFull: 'dropOldest', retentionMs: 1, idempotencyWindowMs: 1 });
    await desk.subscribe('one');
    await desk.subscribe('two');
    await desk.subscribe('passing', {}, { ephemeral: true });
    for (let round = 0; round < 3; round += 1) await desk.publish(...Array.from({ length: 20 }, (_, index) => message('a', index === 3 ? { idempotencyKey: 'i', key: 'k' } : {})));
    const [scheduled] = await desk.publish(message('later', { delayMs: 60_000 }));
    await ask(desk.publisher.cancelScheduled(orders, scheduled?.id ?? ''));
    await desk.subscribe('late', {}, { startFrom: { from: Date.now() - 1_000 } });
    await desk.subscribe('latest', {}, { startFrom: 'latest' });
    await desk.subscribe('late', { maxDeliveries: 2 });
    for (const name of ['one', 'two', 'late', 'latest']) await settle(name, 10);
    await desk.retention.trim(orders);
    await desk.topic(orders, { maxStreamLen: 20 });
    await ask(desk.directory.listTopics(orders));
    await new Janitor(desk.context, desk.directory).sweep(orders);
    const record = await desk.directory.subscription({ ...orders, subscription: 'passing' });
    if (record !== undefined) {
      await desk.directory.seen(record, 'c');
      await desk.directory.left(record, 'c');
    }
    const planned = calls.flatMap((call) => { const command = commandOf(call); return command === undefined ? [] : [{ call, command }]; });
    const seen = new Set<string>();
    for (const { call: { collection, method }, command } of planned) {
      const { queryPlanner, stages }: Document = await db.command({ explain: command, verbosity: 'queryPlanner' });
      const plan = stagesOf(queryPlanner ?? stages);
      expect(plan, `${collection}.${method} ${JSON.stringify(command)}`).not.toContain('COLLSCAN');
      expect(plan, `${collection}.${method} ${JSON.stringify(command)}`).not.toContain('SORT');
      seen.add(`${collection}.${method}`);
    }
    expect([...seen].sort()).toEqual([
      'cw_deliv.aggregate', 'cw_deliv.countDocuments', 'cw_deliv.deleteMany', 'cw_deliv.find', 'cw_deliv.updateMany', 'cw_holds.deleteMany',
      'cw_log.aggregate', 'cw_log.countDocuments', 'cw_log.deleteMany', 'cw_log.deleteOne', 'cw_log.find', 'cw_log.updateMany',
      'cw_topics.find', 'cw_topics.findOne', 'cw_topics.findOneAndUpdate', 'cw_topics.updateOne',
    ]);
  });

  it('counting reads nothing but indexes', async () => {
    const calls: Call[] = [];
    const desk = await openDesk({ wrap: around({ before: (call) => { calls.push(call); } }) });
    const { db } = looker(desk.database);
    await desk.topic(orders, { maxStreamLen: 10 });
    await desk.subscribe('one');
    await desk.subscribe('two');
    await desk.publish(...Array.from({ length: 10 }, () => 'a'));
    const counts = calls.filter(({ collection, method }) => method === 'countDocuments' && (collection === 'cw_log' || collection === 'cw_deliv'));
    expect(counts.length).toBeGreaterThan(3);
    for (const call of counts) {
      const command = commandOf(call);
      const { queryPlanner, stages }: Document = await db.command({ explain: command, verbosity: 'queryPlanner' });
      expect(stagesOf(queryPlanner ?? stages), JSON.stringify(command)).not.toContain('FETCH');
    }
  });
});
