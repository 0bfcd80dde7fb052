import { describe, expect, it } from 'vitest';
import { Table, ask, scope } from './table.js';

describe('leases of the memory broker', () => {
  it('lose nothing at their deadline, only when somebody takes the message', () => {
    const table = new Table();
    const [one, two] = [table.link(table.subscribe()), table.link(table.subscribe())];
    table.publish('a', 'b');
    const [a, b] = table.take(one);
    table.runtime.advance(5_000);
    expect(table.stats()).toEqual({ waiting: 2, delayed: 0, leased: 0, dead: 0 });
    expect(ask(one.renew([a?.token ?? '', b?.token ?? '']))).toEqual({ leaseUntil: table.runtime.now() + 1_000, lost: [] });
    table.runtime.advance(5_000);
    expect(table.settle(one, 'ack', [a as never])).toEqual([]);
    expect(table.take(two, 1).map(({ deliveryCount }) => deliveryCount)).toEqual([2]);
    expect(table.settle(one, 'ack', [b as never])).toEqual(['lost']);
    expect(ask(one.renew([b?.token ?? ''])).lost).toEqual([0]);
    expect(table.eventsOf('lease-lapsed').map(({ deliveryCount }) => deliveryCount)).toEqual([1]);
  });

  it('are taken only as far as a claim needs them, the lowest place first', () => {
    const table = new Table();
    const sub = table.subscribe();
    const [one, two] = [table.link(sub), table.link(sub)];
    table.publish('a', 'b', 'c', 'd');
    const held = table.take(one, 3);
    table.settle(one, 'release', held.slice(1, 2));
    table.runtime.advance(1_000);
    expect(table.bodies(two, 2)).toEqual(['a', 'b']);
    expect(table.settle(one, 'ack', held.slice(2))).toEqual([]);
  });

  it('answer a repeated settlement as the first one, and another as lost', () => {
    const table = new Table();
    const link = table.link(table.subscribe('s', { maxDeliveries: 1 }));
    table.publish('a');
    const held = table.take(link);
    for (let repeat = 0; repeat < 3; repeat++) expect(table.settle(link, 'retry', held)).toEqual(['dead-lettered']);
    expect(table.settle(link, 'ack', held)).toEqual(['lost']);
    expect(table.eventsOf('dead-lettered')).toHaveLength(1);
  });

  it('are no use in another subscription, and neither is anything else', () => {
    const table = new Table();
    const [one, other] = [table.link(table.subscribe('s')), table.link(table.subscribe('other'))];
    table.publish('a');
    const [held] = table.take(one);
    expect(ask(other.settle([{ token: held?.token ?? '', action: 'ack' }, { token: 'forged', action: 'ack' }, { token: {}, action: 'ack' }])).map(({ result }) => result)).toEqual(['lost', 'lost', 'lost']);
    expect(table.stats().leased).toBe(1);
  });

  it('keep the order of their deadlines when the visibility timeout was shortened', () => {
    const table = new Table();
    const sub = table.subscribe('s', { visibilityTimeoutMs: 10_000 });
    const [one, two] = [table.link(sub), table.link(sub)];
    table.publish('long', 'short');
    table.take(one, 1);
    table.subscribe('s', { visibilityTimeoutMs: 1_000 });
    table.take(one, 1);
    const waiting = table.claim(two);
    table.runtime.advance(1_000);
    expect(waiting.bodies).toEqual(['short']);
  });
});

describe('claims that wait at the memory broker', () => {
  it('have one timer together, for the earliest of all that may come, and none when nothing waits', () => {
    const table = new Table();
    const sub = table.subscribe('s', { visibilityTimeoutMs: 9_000 });
    const [one, two, three] = [table.link(sub), table.link(sub), table.link(table.subscribe('other'))];
    table.publish('a', 'b', { body: 'later', delayMs: 3_000 });
    expect(table.runtime.timers).toBe(0);
    const held = table.take(one);
    table.settle(one, 'retry', held.slice(0, 1), { delayMs: 2_000 });
    expect(table.runtime.timers).toBe(0);
    table.settle(three, 'ack', table.take(three));
    const claims = [table.claim(two), table.claim(three)];
    expect(table.runtime.timers).toBe(1);
    const start = table.runtime.now();
    table.runtime.advance(60_000);
    expect(claims.map(({ at, bodies }) => [(at ?? 0) - start, bodies])).toEqual([[2_000, ['a']], [3_000, ['later']]]);
    expect(table.runtime.timers).toBe(0);
    table.claim(two).stop();
    expect(table.runtime.timers).toBe(0);
  });

  it('get what another consumer lets lapse, even if it claimed after them', () => {
    const table = new Table();
    const sub = table.subscribe();
    const [waits, quick] = [table.link(sub), table.link(sub)];
    const waiting = table.claim(waits);
    table.publish('a');
    expect(table.bodies(quick)).toEqual(['a']);
    const start = table.runtime.now();
    table.runtime.advance(5_000);
    expect([waiting.bodies, (waiting.at ?? 0) - start]).toEqual([['a'], 1_000]);
  });

  it('get what lapses with another consumer that was served before them', () => {
    const table = new Table();
    const sub = table.subscribe();
    const [first, second] = [table.claim(table.link(sub)), table.claim(table.link(sub))];
    table.publish('a');
    table.runtime.advance(999);
    expect([first.bodies, second.bodies]).toEqual([['a'], undefined]);
    table.runtime.advance(1);
    expect(second.bodies).toEqual(['a']);
  });

  it('are served once for many publishes of an instant, longest waiting first', () => {
    const table = new Table();
    const sub = table.subscribe();
    const claims = [table.claim(table.link(sub), 2), table.claim(table.link(sub), 2), table.claim(table.link(sub), 2)];
    for (const body of ['a', 'b', 'c']) table.publish(body);
    expect(claims.map(({ bodies }) => bodies)).toEqual([undefined, undefined, undefined]);
    table.runtime.runSoon();
    expect(claims.map(({ bodies }) => bodies)).toEqual([['a', 'b'], ['c'], undefined]);
  });

  it('end with SUBSCRIPTION_DELETED, refuse a second claim beside them, and end empty with their consumer', () => {
    const table = new Table();
    const sub = table.subscribe();
    const [one, two] = [table.link(sub), table.link(sub)];
    const claims = [table.claim(one), table.claim(two)];
    expect(table.claim(one).error).toMatchObject({ code: 'OPTION_INVALID' });
    ask(one.detach());
    expect(claims[0]?.bodies).toEqual([]);
    ask(table.broker.topics.deleteSubscription(sub));
    expect(claims[1]?.error).toMatchObject({ code: 'SUBSCRIPTION_DELETED' });
    expect(table.claim(two).error).toMatchObject({ code: 'SUBSCRIPTION_DELETED' });
  });

  it('may be unsubscribed, and then take nothing', () => {
    const table = new Table();
    const sub = table.subscribe();
    const link = table.link(sub);
    link.claim({ max: 1, until$: table.broker.events$ }).subscribe().unsubscribe();
    table.publish('a');
    table.runtime.runSoon();
    expect(table.bodies(table.link(sub))).toEqual(['a']);
    expect(table.bodies(link)).toEqual([]);
  });
});

describe('a last attempt at the memory broker', () => {
  const suspect = (table: Table): ReturnType<Table['subscribe']> => {
    const sub = table.subscribe('s', { maxDeliveries: 2 });
    table.publish('suspect');
    table.take(table.link(sub));
    table.runtime.advance(1_000);
    return sub;
  };

  it('goes to an idle consumer that waits before a busy one is asked', () => {
    const table = new Table();
    const sub = suspect(table);
    const [idle, busy] = [table.link(sub), table.link(sub)];
    const alone = table.take(idle);
    expect(alone.map(({ isolated }) => isolated)).toEqual([true]);
    table.publish('a', 'b');
    table.take(busy, 1);
    const other = table.claim(table.link(sub), 1);
    expect(other.bodies).toEqual(['b']);
    const third = table.claim(table.link(sub), 1);
    table.settle(idle, 'release', alone);
    const asked = table.claim(busy);
    expect(asked.answer).toBe(undefined);
    table.runtime.runSoon();
    expect(third.bodies).toEqual(['suspect']);
    expect(asked.answer).toBe(undefined);
  });

  it('is asked for once: the reserved consumer waits until its hands are empty, the others go on', () => {
    const table = new Table();
    const sub = suspect(table);
    const [first, one, two] = [table.link(sub), table.link(sub), table.link(sub)];
    const alone = table.take(first);
    table.publish('a', 'b', 'c', 'd');
    const held = table.take(one, 1);
    table.take(two, 1);
    table.settle(first, 'release', alone);
    ask(first.detach());
    expect(table.claim(one).answer?.makeRoom).toBe(true);
    expect(table.bodies(two, 1)).toEqual(['c']);
    const waits = table.claim(one);
    expect(waits.answer).toBe(undefined);
    table.settle(one, 'ack', held);
    table.runtime.runSoon();
    expect(waits.bodies).toEqual(['suspect']);
  });

  it('frees the place when the reserved consumer leaves', () => {
    const table = new Table();
    const sub = suspect(table);
    const [first, one, two] = [table.link(sub), table.link(sub), table.link(sub)];
    const alone = table.take(first);
    table.publish('a', 'b');
    table.take(one, 1);
    table.take(two, 1);
    table.settle(first, 'release', alone);
    expect(table.claim(one).answer?.makeRoom).toBe(true);
    const waiting = table.claim(two);
    expect(waiting.answer).toBe(undefined);
    ask(one.detach());
    table.runtime.runSoon();
    expect(waiting.answer?.makeRoom).toBe(true);
  });

  it('is found again by a consumer whose own leases stand in its way', () => {
    const table = new Table();
    const sub = suspect(table);
    const link = table.link(sub);
    expect(table.bodies(link)).toEqual(['suspect']);
    const waiting = table.claim(link);
    table.runtime.advance(1_000);
    expect(table.stats()).toMatchObject({ dead: 1, leased: 0 });
    expect(waiting.answer).toBe(undefined);
  });
});

describe('topics of the memory broker', () => {
  it('never give an id again after they were deleted', () => {
    const table = new Table();
    const before = [...table.publish('a', 'b'), ...table.publish({ body: 'later', delayMs: 5 })];
    ask(table.broker.topics.deleteTopic(table.topic));
    const after = [...table.publish('a', 'b'), ...table.publish({ body: 'later', delayMs: 5 })];
    expect(new Set([...before, ...after].map(({ id }) => id)).size).toBe(6);
  });

  it('begin with the limits of the broker when a publish creates them', () => {
    const table = new Table({ maxStreamLen: 77 });
    const topic = { ...scope, topic: 'new' };
    ask(table.broker.publisher.publish({ topic, token: 't', messages: [] }));
    expect(ask(table.broker.topics.findTopic(topic))?.limits.maxStreamLen).toBe(77);
  });
});
