import { describe, expect, it } from 'vitest';
import { Table, ask } from '../unit/adapters/memory/table.js';

/** What the model found in the embedded broker, each by itself. */
describe('found by the model and mended', () => {
  it('a topic above its bound takes what needs no room: a duplicate, and what is scheduled', () => {
    const table = new Table({ maxStreamLen: 3 });
    table.subscribe();
    table.publish({ body: 'a', idempotencyKey: 'i' }, 'b', 'c');
    ask(table.broker.topics.ensureTopic({ topic: table.topic, limits: { maxStreamLen: 2 }, defaults: { maxStreamLen: 2, onFull: 'reject', retentionMs: 1, idempotencyWindowMs: 1, shardCount: 1 } }));
    expect(table.publish({ body: 'a', idempotencyKey: 'i' })[0]?.duplicate).toBe(true);
    expect(table.publish({ body: 'later', delayMs: 100 })[0]?.dueAt).toBeDefined();
    expect(() => table.publish('d')).toThrow('TOPIC_FULL');
  });

  it('what stands behind an expired last attempt is there for the claim that finds it expired', () => {
    const table = new Table();
    const queue = table.subscribe('s', { order: 'key', maxDeliveries: 2 });
    table.publish({ body: 'short', key: 'k', ttlMs: 1_500 }, { body: 'next', key: 'k' });
    table.bodies(table.link(queue), 1);
    table.runtime.advance(2_000);
    expect(table.bodies(table.link(queue))).toEqual(['next']);
  });

  it('the oldest makes way also behind a dead letter that came back after it had left the log', () => {
    const table = new Table({ maxStreamLen: 3, onFull: 'dropOldest' });
    const queue = table.subscribe();
    const link = table.link(queue);
    table.publish('dead', 'old', 'new');
    const [dead, old] = table.take(link, 2);
    if (dead === undefined || old === undefined) throw new Error('two were to be there');
    table.settle(link, 'dead-letter', [dead]);
    table.publish('newer');
    ask(table.broker.inspection.redrive({ subscription: queue }));
    table.settle(link, 'release', [old]);
    table.publish('newest');
    expect(table.bodies(link)).toEqual(['dead', 'new', 'newer', 'newest']);
  });
});
