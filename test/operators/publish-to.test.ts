import { EMPTY, map, throwError } from 'rxjs';
import { expect, test } from 'vitest';
import { publishTo, retryWithBackoff, type PublishTarget } from '../../operators/index.js';
import type { PublishReceipt } from '../../src/port/publisher.js';
import { flow } from '../support/flow.js';
import { Diagram, seen } from './support/diagram.js';

const receipt: PublishReceipt = { id: 'r', duplicate: false } as PublishReceipt;

test('does what its diagram shows', () => {
  const diagram = new Diagram('publish-to');
  let outcomes: string[] = [];
  flow((f) => {
    const target: PublishTarget<string> = { publish$: () => diagram.cold(f, 'publish').pipe(map(() => receipt)) };
    outcomes = seen(f, diagram.deliveries(f, 'deliveries').pipe(publishTo(target, (payload) => payload)), (outcome) => (outcome.kind === 'acked' && outcome.value?.id === 'r' ? 'A' : '?'));
  });
  diagram.expect(outcomes, 'publishTo');
  diagram.expectAllRun();
});

const nowhere = { publish$: () => EMPTY };

test.each<[string, unknown, unknown, object]>([
  ['no topic', undefined, () => 1, {}],
  ['what cannot publish', {}, () => 1, {}],
  ['no project', nowhere, undefined, {}],
  ['headers that are no function', nowhere, () => 1, { headers: {} }],
  ['a key that is no function', nowhere, () => 1, { key: 'k' }],
  ['a bad concurrency', nowhere, () => 1, { concurrency: -1 }],
])('refuses %s, at the call', (_what, topic, project, options) => {
  expect(() => publishTo(topic as never, project as never, options as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }) as Error);
});

test('forwards payload, headers and key, and acks when that is stored', () => {
  const f = flow((f) => {
    const other = f.cw.topic<string>('other');
    f.publishWith({ key: 'k', headers: { type: 'x' } }, 'a');
    f.see(f.source().pipe(publishTo(other, (payload, { deliveryCount }) => `${payload}${deliveryCount}`), map((outcome) => outcome.kind)));
    other.subscription('o').subscribe(({ payload, key, headers }) => { f.say(`${payload} ${String(key)} ${JSON.stringify(headers)}`); });
  }, { horizon: 20 });
  expect(f.log.sort()).toEqual(['0:a1 k {"type":"x"}', '0:acked']);
});

test('a redelivery forwards nothing twice', () => {
  const f = flow((f) => {
    const other = f.cw.topic<string>('other');
    f.publish('a');
    const source = f.source({ visibilityTimeoutMs: 30 });
    f.see(source.pipe(publishTo(other, (payload) => payload), map((outcome) => outcome.kind)));
    other.subscription('o').subscribe(({ payload }) => { f.say(`forwarded ${payload}`); });
  }, { faults: ({ op, now }) => (op === 'settle' && now < 40 ? 'error' : undefined), horizon: 100 });
  expect(f.log.filter((line) => line.includes('forwarded'))).toEqual(['0:forwarded a']);
  expect(f.state).toBe('');
});

test('headers and key can be chosen', () => {
  const sent: unknown[] = [];
  flow((f) => {
    f.publishWith({ key: 'k', headers: { type: 'x' } }, 'a');
    const recording: PublishTarget<string> = { publish$: (payload, options) => { sent.push({ payload, ...options }); return EMPTY; } };
    f.source().pipe(publishTo(recording, (payload) => payload, { headers: ({ payload }) => ({ from: payload }), key: () => undefined })).subscribe();
  }, { horizon: 5 });
  expect(sent).toEqual([{ payload: 'a', headers: { from: 'a' }, key: undefined, idempotencyKey: expect.stringMatching(/^t\/s\//) as string }]);
});

test('a publish, or a project, that fails is a Failed', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ retryBackoffMs: [1_000] }).pipe(
      publishTo({ publish$: () => throwError(() => new Error('full')) }, (payload) => { if (payload === 'b') throw new Error('own'); return payload; }),
      retryWithBackoff({ initialMs: 500, jitter: 'none' }),
    ));
  }, { horizon: 50 });
  expect(f.log).toEqual(['0:retried a#1 +500', '0:retried b#1 +500']);
});
