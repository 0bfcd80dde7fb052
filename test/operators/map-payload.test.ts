import { EMPTY, of, take, tap, throwError } from 'rxjs';
import { expect, test } from 'vitest';
import { ackOnComplete, filterPayload, mapPayload, type Delivery } from '../../operators/index.js';
import { flow } from '../support/flow.js';
import { Diagram, seen } from './support/diagram.js';

test('does what its diagram shows', () => {
  const diagram = new Diagram('map-payload');
  let mapped: string[] = [];
  flow((f) => {
    mapped = seen(f, diagram.deliveries(f, 'deliveries').pipe(mapPayload((payload) => payload.toUpperCase())), ({ payload }) => payload);
  });
  diagram.expect(mapped, 'mapPayload');
  diagram.expectAllRun();
});

test('keeps everything but the payload, and the delivery is settled as one', () => {
  const got: unknown[] = [];
  const f = flow((f) => {
    f.publishWith({ key: 'k', headers: { type: 'x' } }, 'a');
    f.see(f.source().pipe(
      mapPayload((payload, delivery) => `${payload}${delivery.deliveryCount}`),
      tap(({ payload, key, headers, id, deliveryCount, leaseUntil }) => { got.push({ payload, key, headers, id, deliveryCount, leaseUntil }); }),
      ackOnComplete(() => EMPTY),
    ));
  });
  expect(got).toEqual([{ payload: 'a1', key: 'k', headers: { type: 'x' }, id: expect.any(String) as string, deliveryCount: 1, leaseUntil: 30_000 }]);
  expect(f.log).toEqual(['0:acked a1#1']);
  expect(f.callsOf('settle')).toEqual(['0 settle ack:a#1']);
});

test('a project that throws has its message retried by the policy; the stream goes on', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ retryBackoffMs: [1_000], maxDeliveries: 1 }).pipe(mapPayload((payload) => { if (payload === 'a') throw new Error('own'); return payload; }), ackOnComplete(() => EMPTY)));
  }, { horizon: 500 });
  expect(f.log).toEqual(['0:acked b#1']);
  expect(f.events[0]).toBe('0:handler-failed');
  expect(f.dead).toEqual(['a#1 MaxDeliveries']);
});

test('refuses what is no function, at the call', () => {
  expect(() => mapPayload(5 as never)).toThrow(/OPTION_INVALID: mapPayload\(project\)/);
});

test('error, complete and unsubscribe pass; what is no delivery is an error of the stream', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(throwError(() => new Error('source')).pipe(mapPayload((payload) => payload)));
    f.see(EMPTY.pipe(mapPayload((payload) => payload)));
    f.see(of<Delivery<string>>(1 as never).pipe(mapPayload((payload) => payload)));
    f.see(f.source().pipe(mapPayload((payload) => payload), take(1), ackOnComplete(() => EMPTY)));
  });
  expect(f.log).toEqual(['0:error Error: source', '0:complete', '0:error OPTION_INVALID', '0:acked a#1', '0:complete']);
  expect(f.state).toBe('waiting 1');
  f.expectAllOver();
});

test('stands in a chain with filterPayload', () => {
  const f = flow((f) => {
    f.publish('a', 'bb');
    f.see(f.source().pipe(mapPayload((payload) => payload.length), filterPayload((length) => length > 1), mapPayload((length) => length * 10), ackOnComplete(() => EMPTY)));
  });
  expect(f.log).toEqual(['0:acked 20#1']);
  expect(f.state).toBe('');
});
