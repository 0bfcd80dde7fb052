import { EMPTY, concatMap, filter, map, of, take, takeUntil, tap, throwError, timer } from 'rxjs';
import { expect, test } from 'vitest';
import { ackOnComplete, hold, type Delivery } from '../../operators/index.js';
import { flow } from '../support/flow.js';
import { Diagram, seen } from './support/diagram.js';

test('does what its diagram shows', () => {
  const diagram = new Diagram('hold');
  let held: string[] = [];
  flow((f) => {
    const deliveries: Delivery<string>[] = [];
    held = seen(f, diagram.deliveries(f, 'deliveries').pipe(hold(), tap((delivery) => { deliveries.push(delivery); })), ({ payload }) => payload);
    // Taken further down, so that nothing stands in the way of the end.
    f.at(3, () => { of(...deliveries).pipe(ackOnComplete(() => EMPTY)).subscribe(); });
  });
  diagram.expect(held, 'hold()');
  diagram.expectAllRun();
});

const slow = concatMap((delivery: Delivery<string>) => timer(50).pipe(map(() => delivery)));

test('keeps leases alive in front of slow raw stages, until the work takes them', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source({ visibilityTimeoutMs: 60 }).pipe(take(3), hold(), slow, ackOnComplete(f.work('-|'))));
  });
  expect(f.log.filter((line) => line.includes('acked'))).toEqual(['51:acked a#1', '101:acked b#1', '151:acked c#1']);
  expect(f.log.at(-1)).toBe('151:complete');
  expect(f.callsOf('renew')[0]).toBe('20 renew a#1 b#1 c#1');
});

test('unsubscribing releases what was not taken further down', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    const seenIt = f.see(f.source().pipe(hold(), slow, ackOnComplete(f.work('90ms |'))));
    f.at(60, () => { seenIt.unsubscribe(); });
  });
  expect(f.callsOf('settle')).toEqual(['60 settle release:a#1 release:b#1']);
  expect(f.events).toEqual([]);
  f.expectAllOver();
});

test('what no operator ever takes is renewed until maxLeaseMs, and then counts as an attempt', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 30, maxLeaseMs: 100, maxDeliveries: 1 }).pipe(hold(), filter(() => false)));
  });
  expect(f.callsOf('settle')).toEqual(['100 settle leak:a#1']);
  expect(f.dead).toEqual(['a#1 NeverStarted']);
});

test('completes when its source did and all was taken', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(takeUntil(timer(5)), hold(), tap({ complete: () => { f.say('held all'); } }), slow, ackOnComplete(f.work('-|'))));
  });
  expect(f.log).toEqual(['50:held all', '50:run a#1', '51:acked a#1', '51:complete']);
});

test('settling by hand behind it is refused: it has the delivery', async () => {
  let answer: Promise<unknown> | undefined;
  flow((f) => {
    f.publish('a');
    f.source().pipe(hold()).subscribe((delivery) => { answer = delivery.ack().catch((error: unknown) => error); });
  }, { horizon: 5 });
  await expect(answer).resolves.toMatchObject({ code: 'DELIVERY_TAKEN' });
});

test('a second hold() takes over from the first', () => {
  const f = flow((f) => {
    f.publish('a');
    const seenIt = f.see(f.source().pipe(hold(), hold()));
    f.at(5, () => { seenIt.unsubscribe(); });
  });
  expect(f.callsOf('settle')).toEqual(['5 settle release:a#1']);
  expect(f.events).toEqual([]);
});

test('what it gave back already is not given back twice when the stream ends', () => {
  const f = flow((f) => {
    f.publish('a');
    const seenIt = f.see(f.source().pipe(hold()));
    f.at(2, () => { void f.cw.close(); });
    f.at(4, () => { seenIt.unsubscribe(); });
  }, { faults: ({ op }) => (op === 'settle' ? { after: 5 } : undefined) });
  expect(f.callsOf('settle')).toEqual(['2 settle release:a#1']);
  expect(f.events).toEqual([]);
});

test('error passes; what is no delivery is an error of the stream', () => {
  const f = flow((f) => {
    f.see(throwError(() => new Error('source')).pipe(hold()));
    f.see(EMPTY.pipe(hold()));
    f.see(of<Delivery<string>>(1 as never).pipe(hold()));
  });
  expect(f.log).toEqual(['0:error Error: source', '0:complete', '0:error OPTION_INVALID']);
});
