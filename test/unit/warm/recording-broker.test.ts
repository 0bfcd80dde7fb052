import { concatMap, map, of, throwError } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { ChronowError } from '../../../src/errors.js';
import type { ConsumerLink } from '../../../src/port/delivery-store.js';
import type { PolicyPatch } from '../../../src/port/policy.js';
import { recordingBroker } from '../../../src/warm/recording-broker.js';
import { over } from '../../conformance/support/over.js';
import { Table, ask } from '../adapters/memory/table.js';

/** A subscription `s` on the embedded broker, its consumers, and what is recorded of them: consumer, attempt, status, reason. */
class Recording {
  readonly table: Table = new Table();
  readonly recorded: string[] = [];
  readonly times: number[] = [];

  constructor(patch: PolicyPatch = {}) {
    this.table.subscribe('s', patch);
  }

  link(consumerName: string, plant: (link: ConsumerLink) => Partial<ConsumerLink> = () => ({})): ConsumerLink {
    const { broker, runtime } = this.table;
    const ref = { ...this.table.topic, subscription: 's' };
    const planted = over(broker, { deliveries: { attach: (of_, who) => broker.deliveries.attach(of_, who).pipe(map((link) => over(link, plant(link)))) } });
    const recording = recordingBroker(planted, runtime, (of_, settled) => {
      expect(of_).toEqual(ref);
      for (const { id, attempt, status, consumer, reason, settledAt } of settled) {
        expect(id).not.toBe('');
        this.recorded.push([consumer, attempt, status, ...(reason === undefined ? [] : [reason])].join(' '));
        this.times.push(settledAt);
      }
    });
    return ask(recording.deliveries.attach(ref, { consumerId: `id-${consumerName}`, consumerName }));
  }
}

describe('deliveries are recorded', () => {
  test('as they were settled', () => {
    const it = new Recording({ maxDeliveries: 2 });
    const { table } = it;
    const link = it.link('worker');
    table.publish('a', 'b', 'c', 'd');
    const [a, b, c, d] = table.take(link);
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('four were published');
    table.runtime.advance(10);
    table.settle(link, 'ack', [a]);
    table.settle(link, 'retry', [b], { delayMs: 0, failure: { reason: 'Timeout', description: 'secret' } });
    table.settle(link, 'dead-letter', [c], { failure: { reason: 'Rejected' } });
    table.settle(link, 'leak', [d]);
    expect(it.recorded).toEqual(['worker 1 ack', 'worker 1 nack Timeout', 'worker 1 dead Rejected', 'worker 1 nack NeverStarted']);
    expect(new Set(it.times)).toEqual(new Set([table.runtime.now()]));
    // What leaked is handed out alone at its last attempt.
    for (const _ of [b, d]) expect(table.settle(link, 'retry', table.take(link), { failure: { reason: 'Timeout' } })).toEqual(['dead-lettered']);
    expect(it.recorded.slice(4)).toEqual(['worker 2 dead MaxDeliveries', 'worker 2 dead MaxDeliveries']);
  });

  test('as dead where the subscription keeps no dead letters', () => {
    const it = new Recording({ maxDeliveries: 1, deadLetterEnabled: false });
    const link = it.link('worker');
    it.table.publish('a', 'b', 'c');
    const claimed = it.table.take(link);
    it.table.settle(link, 'retry', claimed.slice(0, 1));
    it.table.settle(link, 'dead-letter', claimed.slice(1, 2));
    it.table.settle(link, 'leak', claimed.slice(2));
    expect(it.recorded).toEqual(['worker 1 dead MaxDeliveries', 'worker 1 dead Rejected', 'worker 1 dead NeverStarted']);
  });

  test('not where they were handed back unused: the next one has their number', () => {
    const it = new Recording();
    const link = it.link('worker');
    it.table.publish('a');
    it.table.settle(link, 'release', it.table.take(link));
    expect(it.recorded).toEqual([]);
    it.table.settle(link, 'ack', it.table.take(link));
    expect(it.recorded).toEqual(['worker 1 ack']);
  });

  test('by whoever has the lease: a settlement that is refused is none', () => {
    const it = new Recording();
    const [slow, quick] = [it.link('slow'), it.link('quick')];
    it.table.publish('a');
    const lapsed = it.table.take(slow);
    it.table.runtime.advance(1_000);
    const taken = it.table.take(quick);
    expect(it.table.settle(slow, 'ack', lapsed)).toEqual(['lost']);
    expect(it.recorded).toEqual([]);
    it.table.settle(quick, 'ack', taken);
    expect(it.recorded).toEqual(['quick 2 ack']);
  });

  test('also late, where nobody took the lease meanwhile', () => {
    const it = new Recording();
    const link = it.link('slow');
    it.table.publish('a');
    const lapsed = it.table.take(link);
    it.table.runtime.advance(60_000);
    expect(it.table.settle(link, 'ack', lapsed)).toEqual([]);
    expect(it.recorded).toEqual(['slow 1 ack']);
  });

  test('each by its own answer, in a call of many', () => {
    const it = new Recording();
    const link = it.link('worker', (planted) => ({ settle: (asked) => planted.settle(asked.slice(0, 1)).pipe(map(() => [{ index: 1, result: 'failed', error: new Error('planted') }, { index: 2, result: 'lost' }])) }));
    it.table.publish('a', 'b', 'c');
    it.table.settle(link, 'ack', it.table.take(link));
    expect(it.recorded).toEqual(['worker 1 ack']);
  });

  test('once the backend answered, and not before', () => {
    const it = new Recording();
    let isDown = true;
    const link = it.link('worker', (planted) => ({ settle: (asked) => (isDown ? planted.settle(asked).pipe(concatMap(() => throwError(() => new ChronowError('LINK_LOST', 'planted', { retryable: true })))) : planted.settle(asked)) }));
    it.table.publish('a');
    const claimed = it.table.take(link);
    expect(() => it.table.settle(link, 'ack', claimed)).toThrow('planted');
    expect(it.recorded).toEqual([]);
    isDown = false;
    it.table.settle(link, 'ack', claimed);
    expect(it.recorded).toEqual(['worker 1 ack']);
  });

  test('while all else of the line goes through: renewal, policy, room for a last attempt, the end', () => {
    const it = new Recording();
    const link = it.link('worker', (planted) => ({ claim: (request) => planted.claim(request).pipe(concatMap((answer) => of({ ...answer, makeRoom: true }))) }));
    it.table.publish('a', 'b');
    expect(link.policy.maxDeliveries).toBe(5);
    const claiming = it.table.claim(link);
    expect(claiming.answer?.makeRoom).toBe(true);
    const tokens = claiming.answer?.deliveries.map(({ token }) => token) ?? [];
    it.table.runtime.advance(900);
    expect(ask(link.renew(tokens))).toEqual({ leaseUntil: it.table.runtime.now() + 1_000, lost: [] });
    it.table.runtime.advance(900);
    expect(it.table.stats()).toMatchObject({ leased: 2 });
    it.table.subscribe('s', { maxDeliveries: 9 });
    expect(link.policy.maxDeliveries).toBe(9);
    ask(link.detach());
    expect(() => it.table.take(link)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });
});
