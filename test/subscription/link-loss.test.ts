import { expect, test } from 'vitest';
import { ackOnComplete } from '../../operators/index.js';
import { flow } from '../support/flow.js';

test('a claim that fails is repeated after a growing delay; the stream goes on by itself', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(ackOnComplete(f.work('-|'))));
  }, { faults: ({ op, now }) => (op === 'claim' && now < 2_000 ? 'error' : undefined) });
  const times = f.callsOf('claim').filter((line) => !line.includes('failed')).map((line) => Number(line.split(' ')[0]));
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0)).slice(0, 4);
  for (const [index, gap] of gaps.entries()) {
    expect(gap).toBeGreaterThanOrEqual(50 * 2 ** index);
    expect(gap).toBeLessThanOrEqual(100 * 2 ** index);
  }
  expect(f.events.filter((event) => event.endsWith('claim-retried')).length).toBe(gaps.length + 1);
  expect(f.log.map((line) => line.split(':')[1])).toEqual(['run a#1', 'acked a#1']);
});

test('after an outage of the whole store every consumer goes on unaided, and nothing is lost', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    for (const consumer of ['1 ', '2 ']) f.see(f.source({ visibilityTimeoutMs: 1_000, maxInFlight: 1 }).pipe(ackOnComplete(f.work('400ms |'))), consumer);
    f.at(20_000, () => { f.publish('d', 'e'); });
  }, { faults: ({ op, now }) => (op !== 'attach' && now > 100 && now < 15_000 ? 'error' : undefined) });
  const acked = new Set(f.log.filter((line) => line.includes('acked')).map((line) => line.replace(/.*acked (.)#.*/, '$1')));
  expect([...acked].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(f.state).toBe('');
  expect(f.log.filter((line) => line.includes('error') || line.includes('complete'))).toEqual([]);
});

test('an error that cannot be mended ends the stream with it; what runs is released', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(ackOnComplete(f.work('50ms |'))));
  }, { faults: ({ op, nth }) => (op === 'claim' && nth === 2 ? 'fatal' : undefined) });
  expect(f.log).toEqual(['0:run a#1', '0:error LINK_LOST', '0:stop a#1']);
  expect(f.state).toBe('waiting 1');
  f.expectAllOver();
});

test('a subscription that is deleted ends its streams with SUBSCRIPTION_DELETED', () => {
  const f = flow((f) => {
    f.see(f.source());
    f.at(5, () => { void f.cw.bus.deleteSubscription('t', 's'); });
  });
  expect(f.log).toEqual(['5:error SUBSCRIPTION_DELETED']);
});

test('unsubscribing while it waits to repeat a claim ends it there', () => {
  const f = flow((f) => {
    const seen = f.see(f.source());
    f.at(10, () => { seen.unsubscribe(); });
  }, { faults: ({ op }) => (op === 'claim' ? 'error' : undefined) });
  expect(f.calls).toEqual(['0 claim 32', '0 claim failed', '10 detach']);
});

test('an ephemeral subscription begins at the latest, and is gone with its last subscriber', () => {
  const f = flow((f) => {
    f.publish('old');
    const seen = f.see(f.cw.topic<string>('t').subscription().pipe(ackOnComplete(f.work('--|'))));
    f.at(5, () => { f.publish('new'); });
    f.at(6, () => { seen.unsubscribe(); });
    f.at(7, () => { f.cw.bus.stats('t').then(() => undefined, () => undefined); });
  });
  expect(f.log).toEqual(['5:run new#1', '6:stop new#1']);
  expect(f.calls.slice(-2)).toEqual(['6 settle release:new#1', '6 detach']);
});

test('an ephemeral subscription has leases and retries like any other', () => {
  const f = flow((f) => {
    f.see(f.cw.topic<string>('t').subscription(undefined, { retryBackoffMs: [10], maxDeliveries: 3 }).pipe(ackOnComplete(f.work(({ deliveryCount }) => (deliveryCount === 1 ? '-#' : '-|')))));
    f.at(5, () => { f.publish('a'); });
  });
  expect(f.log).toEqual(['5:run a#1', '6:failed a#1 error', '16:run a#2', '17:acked a#2']);
});
