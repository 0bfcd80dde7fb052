import { EMPTY, NEVER, asyncScheduler, bufferCount, delay, filter, groupBy, map, merge, mergeMap, observeOn, share, switchMap, take, type Observable } from 'rxjs';
import { expect, test } from 'vitest';
import { ackOnComplete, batchDeliveries, hold, mapPayload, retryWithBackoff, toDeadLetter, type Delivery } from '../../operators/index.js';
import { flow } from '../support/flow.js';

test('share() with two ackOnComplete: one has the delivery and runs, the other is told it is taken', () => {
  const f = flow((f) => {
    f.publish('a');
    const shared = f.source().pipe(share());
    f.see(shared.pipe(ackOnComplete(f.work('--|'))), '1 ');
    f.see(shared.pipe(ackOnComplete(f.work('--|'))), '2 ');
  });
  expect(f.log).toEqual(['0:run a#1', '0:2 lost a#1 taken', '2:1 acked a#1']);
  expect(f.callsOf('settle')).toEqual(['2 settle ack:a#1']);
});

test('behind share(), one branch that cancels does not release what the other works on', () => {
  const f = flow((f) => {
    f.publish('a');
    const shared = f.source().pipe(share());
    f.see(shared.pipe(ackOnComplete(f.work('---|'))), '1 ');
    const second = f.see(shared.pipe(ackOnComplete(f.work('--|'))), '2 ');
    f.at(1, () => { second.unsubscribe(); });
  });
  expect(f.log.at(-1)).toBe('3:1 acked a#1');
  expect(f.callsOf('settle')).toEqual(['3 settle ack:a#1']);
});

test('one branch of share() that errors does not reach the other', () => {
  const f = flow((f) => {
    f.publish('a');
    const shared = f.source().pipe(share());
    f.see(shared.pipe(ackOnComplete(f.work('---|'))), '1 ');
    f.see(shared.pipe(map(() => { throw new Error('own'); })), '2 ');
  });
  expect(f.log).toEqual(['0:run a#1', '0:2 error Error: own', '3:1 acked a#1']);
});

test('two views of one delivery share one fate', () => {
  const f = flow((f) => {
    f.publish('a');
    const shared = f.source().pipe(share());
    shared.pipe(mapPayload((payload) => payload.toUpperCase())).subscribe((delivery) => { void delivery.ack(); });
    shared.subscribe((delivery) => { void delivery.nack(); });
  });
  expect(f.callsOf('settle')).toEqual(['0 settle ack:a#1']);
  expect(f.events).toEqual(['0:settled-twice a']);
});

const between: readonly (readonly [string, (source: Observable<Delivery<string>>) => Observable<Delivery<string>>])[] = [
  ['observeOn', observeOn(asyncScheduler, 5)],
  ['delay', delay(5)],
  ['groupBy', (source) => source.pipe(groupBy((delivery) => delivery.payload), mergeMap((group) => group))],
  ['merge', (source) => merge(source, EMPTY)],
];

test.each(between)('%s in between is fine while a lease lasts: the delivery is taken late', (_name, operator) => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(operator(f.source()).pipe(ackOnComplete(f.work('--|'))));
  });
  expect(f.log.filter((line) => line.includes('acked')).map((line) => line.split(':')[1])).toEqual(['acked a#1', 'acked b#1']);
  expect(f.events).toEqual([]);
  expect(f.state).toBe('');
});

test('a raw mergeMap hides what waits in it: that is not renewed, and unsubscribing leaves it to its lease', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c', 'd');
    const seen = f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(mergeMap((delivery) => NEVER.pipe(map(() => delivery)), 2), ackOnComplete(() => EMPTY)));
    f.at(5, () => { seen.unsubscribe(); });
    f.at(28, () => { f.say(f.state); });
    f.at(30, () => { f.say(f.state); });
  });
  expect(f.log).toEqual(['28:leased 4', '30:waiting 4']);
  expect(f.events).toEqual(['29:delivery-leaked a#1', '29:delivery-leaked b#1', '29:delivery-leaked c#1', '29:delivery-leaked d#1']);
  f.expectAllOver();
});

test('a filter that drops leaks: after one lease the attempt counts, and at the end NeverStarted', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ visibilityTimeoutMs: 30, maxDeliveries: 3 }).pipe(filter((delivery) => delivery.payload === 'b'), ackOnComplete(f.work('--|'))));
  });
  expect(f.log).toEqual(['0:run b#1', '2:acked b#1']);
  expect(f.events.filter((event) => event.includes('leaked'))).toEqual(['29:delivery-leaked a#1', '58:delivery-leaked a#2', '87:delivery-leaked a#3']);
  expect(f.callsOf('settle')).toEqual(['2 settle ack:b#1', '29 settle leak:a#1', '58 settle leak:a#2', '87 settle leak:a#3']);
  expect(f.dead).toEqual(['a#3 NeverStarted']);
});

test('a switchMap loses what it switches away from, to its lease; none is lost for good', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(switchMap((delivery) => [delivery].map((one) => one)), delay(1), switchMap((delivery) => EMPTY.pipe(delay(0), map(() => delivery)))));
  }, { horizon: 35 });
  expect(f.events).toEqual(['29:delivery-leaked a#1', '29:delivery-leaked b#1']);
});

test('a buffer larger than the window stands still until the leases lapse, and then goes on with the next attempt', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source({ visibilityTimeoutMs: 30, maxInFlight: 2 }).pipe(bufferCount(3), map((all) => all.map(({ payload }) => payload).join(''))));
  }, { horizon: 31 });
  expect(f.log).toEqual(['29:aba']);
  expect(f.events).toEqual(['29:delivery-leaked a#1', '29:delivery-leaked b#1']);
});

test('a slow raw stage in front of the work sends everything to the dead letters; hold() cures it', () => {
  const slow = (held: boolean): string => flow((f) => {
    f.publish('a');
    const source = f.source({ visibilityTimeoutMs: 30, maxDeliveries: 2 });
    f.see((held ? source.pipe(hold()) : source).pipe(delay(50), ackOnComplete(f.work('--|')), retryWithBackoff({ initialMs: 1 }), toDeadLetter()));
  }).state;
  expect(slow(false)).toBe('dead 1');
  expect(slow(true)).toBe('');
});

test('a delivery that lapsed on its way to the work is Lost, and the project does not run', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 30, maxDeliveries: 1 }).pipe(delay(50), ackOnComplete(f.work('--|'))));
  });
  expect(f.log).toEqual(['50:lost a#1 lapsed']);
  expect(f.dead).toEqual(['a#1 NeverStarted']);
});

test('a batch that nobody takes lapses after one lease like any other delivery', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(batchDeliveries({ maxSize: 2, maxWaitMs: 5 }), filter(() => false)));
  }, { horizon: 35 });
  expect(f.events).toEqual(['29:delivery-leaked a#1', '29:delivery-leaked b#1']);
});

test('a batch that is taken is renewed from then on', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(take(2), batchDeliveries({ maxSize: 2, maxWaitMs: 5 }), ackOnComplete(f.work('35ms |'))));
  });
  expect(f.callsOf('renew')).toEqual(['10 renew a#1 b#1', '20 renew a#1 b#1', '30 renew a#1 b#1']);
  expect(f.log).toEqual(['0:run a,b#1', '35:acked a,b#1', '35:complete']);
});
