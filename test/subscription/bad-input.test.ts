import { EMPTY, take } from 'rxjs';
import { expect, test } from 'vitest';
import { DeadLetter, RetryLater, ackOnComplete } from '../../operators/index.js';
import type { SubscriptionOptions } from '../../src/topic/options.js';
import { flow } from '../support/flow.js';

const invalid = expect.objectContaining({ code: 'OPTION_INVALID' }) as Error;

test.each<[string, unknown]>([
  ['visibilityTimeoutMs 0', { visibilityTimeoutMs: 0 }],
  ['a text for a time', { visibilityTimeoutMs: '30s' }],
  ['maxDeliveries 0', { maxDeliveries: 0 }],
  ['a fraction of deliveries', { maxDeliveries: 2.5 }],
  ['an empty backoff', { retryBackoffMs: [] }],
  ['a negative backoff', { retryBackoffMs: [10, -1] }],
  ['a window of 0', { maxInFlight: 0 }],
  ['a window without end', { maxInFlight: Infinity }],
  ['a window of 100,001', { maxInFlight: 100_001 }],
  ['maxLeaseMs 0', { maxLeaseMs: 0 }],
  ['an order nobody knows', { order: 'fifo' }],
  ['a start nobody knows', { startFrom: 'now' }],
  ['an empty consumer name', { consumerName: '' }],
  ['NaN', { maxInFlight: Number.NaN }],
  ['an option that does not exist', { prefetch: 5 }],
  ['null', null],
])('a subscription refuses %s, at the call and with one error', (_what, options) => {
  flow((f) => {
    expect(() => f.source(options as SubscriptionOptions)).toThrow(invalid);
    expect(f.calls).toEqual([]);
  });
});

test('several mistakes are one error that names them all', () => {
  flow((f) => {
    expect(() => f.source({ maxInFlight: 0, maxDeliveries: -1 })).toThrow(/maxInFlight.*maxDeliveries|maxDeliveries.*maxInFlight/);
  });
});

test.each<[string, string]>([['an empty name', ''], ['a name of 201 bytes', 'x'.repeat(201)], ['a control character', 'a\nb']])('a subscription refuses %s', (_what, name) => {
  flow((f) => {
    expect(() => f.source({}, name)).toThrow(expect.objectContaining({ code: 'NAME_INVALID' }) as Error);
  });
});

test.each<[string, () => unknown]>([
  ['new DeadLetter without a reason', () => new DeadLetter(undefined as never)],
  ['new DeadLetter with an empty one', () => new DeadLetter('')],
  ['new RetryLater(NaN)', () => new RetryLater(Number.NaN)],
  ['new RetryLater(-1)', () => new RetryLater(-1)],
  ['new RetryLater of a text', () => new RetryLater('5' as never)],
])('%s is refused where it is made', (_what, make) => {
  expect(make).toThrow(invalid);
});

test('made wrongly inside the work it is a Failed like any other, and no message is lost', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ retryBackoffMs: [1_000] }).pipe(ackOnComplete(({ payload }) => { if (payload === 'a') throw new RetryLater(Number.NaN); return EMPTY; })));
  }, { horizon: 50 });
  expect(f.log).toEqual(['0:failed a#1 OPTION_INVALID', '0:acked b#1']);
  expect(f.state).toBe('delayed 1');
});

test('a crash redelivers only what was not finished', () => {
  let crashed = false;
  const f = flow((f) => {
    f.publish('a', 'b', 'c', 'd');
    const took: Record<string, string> = { a: '--|', c: '-|' };
    f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(take(4), ackOnComplete(({ payload }) => f.cold(took[payload] ?? '-'), { concurrency: 4 })));
    f.at(5, () => { crashed = true; });
    f.at(40, () => f.see(f.source().pipe(ackOnComplete(f.work('-|'))), 'next '));
  }, { faults: ({ consumer }) => (crashed && consumer === 1 ? 'hang' : undefined), horizon: 500 });
  expect(f.log.filter((line) => line.includes('acked'))).toEqual(['1:acked c#1', '2:acked a#1', '41:next acked b#2', '41:next acked d#2']);
});
