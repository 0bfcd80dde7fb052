import { EMPTY, of, take, takeUntil, throwError, timer } from 'rxjs';
import { expect, test } from 'vitest';
import { ackOnComplete, batchDeliveries, mapPayload, retryWithBackoff, toDeadLetter, type BatchOptions, type Delivery } from '../../operators/index.js';
import { flow } from '../support/flow.js';
import { Diagram, seen } from './support/diagram.js';

test('does what its diagram shows', () => {
  const diagram = new Diagram('batch-deliveries');
  const letters: Record<string, string> = { 'a,b': 'x', c: 'y' };
  let batches: string[] = [];
  expect(diagram.row('batchDeliveries').label).toBe('batchDeliveries({ maxSize: 2, maxWaitMs: 3 })');
  flow((f) => {
    batches = seen(f, diagram.deliveries(f, 'deliveries').pipe(batchDeliveries({ maxSize: 2, maxWaitMs: 3 })), ({ payload }) => letters[payload.join(',')]);
  }, { horizon: 50 });
  diagram.expect(batches, 'batchDeliveries');
  diagram.expectAllRun();
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['no maxSize', { maxWaitMs: 5 }],
  ['no maxWaitMs', { maxSize: 5 }],
  ['maxSize 0', { maxSize: 0, maxWaitMs: 5 }],
  ['a negative wait', { maxSize: 2, maxWaitMs: -1 }],
  ['an unknown option', { maxSize: 2, maxWaitMs: 1, size: 3 }],
])('refuses %s, at the call', (_what, options) => {
  expect(() => batchDeliveries(options as BatchOptions)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }) as Error);
});

test('settles its members together, in one call', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c', 'd');
    f.see(f.source().pipe(batchDeliveries({ maxSize: 3, maxWaitMs: 5 }), ackOnComplete(f.work('--|'))));
  });
  expect(f.log).toEqual(['0:run a,b,c#1', '2:acked a,b,c#1', '5:run d#1', '7:acked d#1']);
  expect(f.callsOf('settle')).toEqual(['2 settle ack:a#1 ack:b#1 ack:c#1', '7 settle ack:d#1']);
});

test('a batch larger than the window is clamped to it, with an event, and does not stand still', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source({ maxInFlight: 2 }).pipe(batchDeliveries({ maxSize: 10, maxWaitMs: 50 }), ackOnComplete(f.work('--|'))));
  });
  expect(f.log).toEqual(['0:run a,b#1', '2:acked a,b#1', '52:run c#1', '54:acked c#1']);
  expect(f.events).toHaveLength(1);
  expect(f.events[0]).toMatch(/^0:option-clamped/);
});

test('what waits goes out when the window is full: nothing else can come', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c', 'd');
    f.see(f.source({ maxInFlight: 3 }).pipe(batchDeliveries({ maxSize: 2, maxWaitMs: 1_000 }), ackOnComplete(f.work(({ payload }) => (String(payload) === 'a,b' ? '900ms |' : '--|')))));
  }, { horizon: 500 });
  expect(f.log.slice(0, 3)).toEqual(['0:run a,b#1', '0:run c#1', '2:acked c#1']);
});

test('a batch that fails is retried member by member, each by its own count', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ maxDeliveries: 2 }).pipe(batchDeliveries({ maxSize: 2, maxWaitMs: 5 }), ackOnComplete(f.work('-#')), retryWithBackoff({ initialMs: 10, jitter: 'none' }), toDeadLetter()));
  });
  expect(f.log).toEqual(['0:run a,b#1', '1:retried a,b#1 +10', '11:run a,b#2', '12:dead a,b#2 MaxDeliveries']);
  expect(f.dead).toEqual(['a#2 MaxDeliveries', 'b#2 MaxDeliveries']);
});

test('one member that is lost leaves the batch; it is Lost only when all are', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(batchDeliveries({ maxSize: 2, maxWaitMs: 5 }), ackOnComplete(f.work('90ms |'))));
  }, { faults: ({ op }) => (op === 'renew' ? 'error' : undefined), horizon: 29 });
  expect(f.log).toEqual(['0:run a,b#1', '29:stop a,b#1', '29:lost a,b#1 lapsed']);
});

test('unsubscribing releases what was collected; completing sends it', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    const seenIt = f.see(f.source().pipe(take(2), batchDeliveries({ maxSize: 5, maxWaitMs: 50 })), '1 ');
    f.at(3, () => { seenIt.unsubscribe(); });
    f.at(10, () => f.see(f.source().pipe(takeUntil(timer(5)), batchDeliveries({ maxSize: 5, maxWaitMs: 50 }), ackOnComplete(f.work('--|'))), '2 '));
  });
  expect(f.log).toEqual(['0:1 got a,b#1', '0:1 complete', '15:run c#1', '17:2 acked c#1', '17:2 complete'].map((line) => line));
});

test('members are renewed from the moment they arrive', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(take(1), batchDeliveries({ maxSize: 5, maxWaitMs: 50 }), ackOnComplete(f.work('--|'))));
    f.publish('b');
    const seenIt = f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(batchDeliveries({ maxSize: 5, maxWaitMs: 50 }), ackOnComplete(f.work('--|'))));
    f.at(60, () => { seenIt.unsubscribe(); });
  });
  expect(f.log.at(-1)).toMatch(/:acked b#1$/);
  expect(f.events).toEqual([]);
});

test('its payload can be mapped, and the batch is settled by hand like one delivery', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.source().pipe(batchDeliveries({ maxSize: 2, maxWaitMs: 5 }), mapPayload((payloads) => payloads.length)).subscribe((delivery) => {
      f.say(String(delivery.payload));
      void delivery.ack();
    });
  });
  expect(f.log).toEqual(['0:2']);
  expect(f.callsOf('settle')).toEqual(['0 settle ack:a#1 ack:b#1']);
});

test('a batch with two numbers of deliveries has the higher one', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    let first = true;
    f.see(f.source({ retryBackoffMs: [0] }).pipe(batchDeliveries({ maxSize: 1, maxWaitMs: 5 }), take(1), ackOnComplete(() => { first = false; return throwError(() => new Error('own')); })));
    f.at(5, () => f.see(f.source().pipe(batchDeliveries({ maxSize: 2, maxWaitMs: 5 }), ackOnComplete(f.work('-|')))));
    expect(first).toBe(true);
  });
  expect(f.log.at(-1)).toBe('6:acked a,b#2');
});

test('error passes and releases; what is no delivery is an error of the stream', () => {
  const f = flow((f) => {
    const options = { maxSize: 2, maxWaitMs: 5 };
    f.see(throwError(() => new Error('source')).pipe(batchDeliveries(options)));
    f.see(EMPTY.pipe(batchDeliveries(options)));
    f.see(of<Delivery<string>>(1 as never).pipe(batchDeliveries(options)));
  });
  expect(f.log).toEqual(['0:error Error: source', '0:complete', '0:error OPTION_INVALID']);
});
