import { EMPTY, NEVER, concatMap, filter, firstValueFrom, map, of, take, takeUntil, tap, timer } from 'rxjs';
import { expect, test } from 'vitest';
import { ackOnComplete, retryWithBackoff, toDeadLetter } from '../../operators/index.js';
import { flow } from '../support/flow.js';

const letters = (count: number): string[] => Array.from({ length: count }, (_, index) => `m${index}`);

test('unsubscribing after the work stops what runs and releases everything, attempts refunded', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    const seen = f.see(f.source({ maxInFlight: 3 }).pipe(ackOnComplete(f.work('9ms |'), { concurrency: 2 })));
    f.at(4, () => { seen.unsubscribe(); });
    f.at(5, () => f.see(f.source(), 'other '));
  }, { horizon: 10 });
  expect(f.log).toEqual(['0:run a#1', '0:run b#1', '4:stop a#1', '4:stop b#1', '5:other got a#1', '5:other got b#1', '5:other got c#1']);
  expect(f.callsOf('settle')).toEqual(['4 settle release:c#1 release:a#1 release:b#1']);
});

test('takeUntil after the work cancels it', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ maxInFlight: 1 }).pipe(ackOnComplete(f.work('9ms |')), takeUntil(timer(4))));
  });
  expect(f.log).toEqual(['0:run a#1', '4:complete', '4:stop a#1']);
  expect(f.callsOf('settle', 'detach')).toEqual(['4 settle release:a#1', '4 detach']);
  expect(f.state).toBe('waiting 2');
  f.expectAllOver();
});

test('take(3) of a batch of ten delivers three; seven are claimable at once, their attempts unchanged', () => {
  const f = flow((f) => {
    f.publish(...letters(10));
    f.see(f.source().pipe(take(3), ackOnComplete(f.work('9ms |'))));
    f.at(1, () => f.see(f.source(), 'other '));
  }, { horizon: 8 });
  expect(f.log.slice(0, 3)).toEqual(['0:run m0#1', '0:run m1#1', '0:run m2#1']);
  expect(f.log.slice(3)).toEqual([3, 4, 5, 6, 7, 8, 9].map((index) => `1:other got m${index}#1`));
  expect(f.callsOf('settle')).toEqual(['0 settle release:m3#1 release:m4#1 release:m5#1 release:m6#1 release:m7#1 release:m8#1 release:m9#1']);
});

test('take before the work is exact and drains; nothing is claimed after it', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source({ maxInFlight: 2 }).pipe(take(1), ackOnComplete(f.work('---|'))));
  });
  expect(f.log).toEqual(['0:run a#1', '3:acked a#1', '3:complete']);
  expect(f.calls).toEqual(['0 claim 2', '0 claimed a#1 b#1', '0 settle release:b#1', '3 settle ack:a#1', '3 detach']);
  expect(f.state).toBe('waiting 2');
});

test('take after the work shows that many outcomes; what else was acked stays acked', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source({ maxInFlight: 3 }).pipe(ackOnComplete(f.work('---|')), take(2)));
  });
  expect(f.log.filter((line) => line.includes('acked'))).toEqual(['3:acked a#1', '3:acked b#1']);
  expect(f.state).toBe('');
  f.expectAllOver();
});

test('first, and firstValueFrom, get one message; it can be acked by hand after the source is gone', () => {
  let answer: Promise<unknown> | undefined;
  const f = flow((f) => {
    f.publish('a', 'b');
    answer = firstValueFrom(f.source().pipe(tap((delivery) => {
      f.at(7, () => { void delivery.ack(); });
    })));
  });
  expect(f.calls).toEqual(['0 claim 32', '0 claimed a#1 b#1', '0 settle release:b#1', '7 settle ack:a#1', '7 detach']);
  expect(f.state).toBe('waiting 1');
  return expect(answer).resolves.toMatchObject({ payload: 'a' });
});

test('unsubscribing on the last attempt gives it back: same number again, no dead letter', () => {
  const f = flow((f) => {
    f.publish('a');
    const source = f.source({ maxDeliveries: 2, retryBackoffMs: [5] });
    const seen = f.see(source.pipe(ackOnComplete(f.work(({ deliveryCount }) => (deliveryCount === 1 ? '#' : '9ms |')))));
    f.at(8, () => { seen.unsubscribe(); });
    f.at(20, () => f.see(source.pipe(ackOnComplete(f.work('-|')))));
  });
  expect(f.log).toEqual(['0:run a#1', '0:failed a#1 error', '5:run a#2', '8:stop a#2', '20:run a#2', '21:acked a#2']);
  expect(f.dead).toEqual([]);
});

test('a claim under way is never unsubscribed: what arrives late is released', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    const seen = f.see(f.source());
    f.at(3, () => { seen.unsubscribe(); });
    f.at(12, () => f.see(f.source(), 'other '));
  }, { faults: ({ op, nth }) => (op === 'claim' && nth === 1 ? { after: 10 } : undefined), horizon: 20 });
  expect(f.calls.slice(0, 4)).toEqual(['0 claim 32', '10 claimed a#1 b#1', '10 settle release:a#1 release:b#1', '10 detach']);
  expect(f.log).toEqual(['12:other got a#1', '12:other got b#1']);
});

test('a claim that waits is asked to stop and answers; only then the line closes', () => {
  const f = flow((f) => {
    const seen = f.see(f.source());
    f.at(3, () => { seen.unsubscribe(); });
  }, { faults: ({ op }) => (op === 'claim' ? { after: 10 } : undefined) });
  expect(f.calls).toEqual(['0 claim 32', '13 detach']);
});

test('a map after the work that throws: error downstream, what runs is released, what was acked stays acked', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source({ maxInFlight: 3 }).pipe(
      ackOnComplete(f.work(({ payload }) => (payload === 'c' ? '9ms |' : '--|'))),
      map(() => { throw new Error('own'); }),
    ));
  });
  expect(f.log).toEqual(['0:run a#1', '0:run b#1', '0:run c#1', '2:error Error: own', '2:stop c#1']);
  expect(f.callsOf('settle')).toEqual(['2 settle ack:a#1 ack:b#1', '2 settle release:c#1']);
  expect(f.state).toBe('waiting 1');
  f.expectAllOver();
});

test('a failed delivery whose downstream throws is retried, not released: no endless loop', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ maxDeliveries: 1 }).pipe(
      ackOnComplete(f.work(({ payload }) => (payload === 'a' ? '--#' : '9ms |'))),
      map(() => { throw new Error('own'); }),
    ));
  });
  expect(f.log).toEqual(['0:run a#1', '0:run b#1', '2:error Error: own', '2:stop b#1']);
  expect(f.callsOf('settle')).toEqual(['2 settle release:b#1 retry:a#1']);
  expect(f.dead).toEqual(['a#1 MaxDeliveries']);
  expect(f.state).toBe('waiting 1, dead 1');
});

test('unsubscribing in the call that brings a failure settles it by the policy', () => {
  const f = flow((f) => {
    f.publish('a');
    const seen = f.source({ retryBackoffMs: [50] }).pipe(ackOnComplete(f.work('--#'))).subscribe(() => { seen.unsubscribe(); });
  }, { horizon: 10 });
  expect(f.callsOf('settle')).toEqual(['2 settle retry:a#1']);
  expect(f.state).toBe('delayed 1');
});

test('unsubscribing inside the first next, at window 1, ends the emission at once', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    const seen = f.source({ maxInFlight: 3 }).subscribe((delivery) => {
      f.say(`got ${delivery.payload}`);
      void delivery.ack();
      seen.unsubscribe();
    });
  });
  expect(f.log).toEqual(['0:got a']);
  expect(f.callsOf('settle')).toEqual(['0 settle ack:a#1 release:b#1 release:c#1']);
});

test('unsubscribing does not cancel a settlement under way, whoever sent it', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    const seen = f.see(f.source().pipe(
      ackOnComplete(f.work(({ payload }) => (payload === 'a' ? '-|' : '-#'))),
      retryWithBackoff({ initialMs: 1_000, jitter: 'none', when: () => false }),
      toDeadLetter(),
    ));
    f.at(5, () => { seen.unsubscribe(); });
  }, { faults: ({ op }) => (op === 'settle' ? { before: 10, after: 10 } : undefined) });
  expect(f.log.filter((line) => !line.includes('run'))).toEqual([]);
  expect(f.callsOf('settle', 'detach')).toEqual(['1 settle ack:a#1 dead(Rejected):b#1 dead(Rejected):c#1', '21 detach']);
  expect(f.state).toBe('dead 2');
});

test('a release that the backend refuses for a while is repeated after teardown; nobody is bothered', () => {
  const f = flow((f) => {
    f.publish('a');
    const seen = f.see(f.source().pipe(ackOnComplete(() => NEVER)));
    f.at(5, () => { seen.unsubscribe(); });
  }, { faults: ({ op, now }) => (op === 'settle' && now < 200 ? 'error' : undefined) });
  expect(f.events.filter((event) => event.endsWith('settle-retried')).length).toBeGreaterThan(1);
  expect(f.state).toBe('waiting 1');
  expect(f.log).toEqual([]);
  f.expectAllOver();
});

test('resubscribing at once is a new consumer and gets what the old one gave back', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    const work = f.source({ maxInFlight: 2 }).pipe(ackOnComplete(f.work('---|')));
    const seen = f.see(work);
    f.at(1, () => {
      seen.unsubscribe();
      f.see(work);
    });
  });
  expect(f.log).toEqual(['0:run a#1', '0:run b#1', '1:stop a#1', '1:stop b#1', '1:run a#1', '1:run b#1', '4:acked a#1', '4:acked b#1']);
});

test('what the user holds himself after unsubscribing stays leased to its deadline, then lapses as leaked', () => {
  const f = flow((f) => {
    f.publish('a');
    const seen = f.see(f.source({ visibilityTimeoutMs: 30 }));
    f.at(5, () => { seen.unsubscribe(); });
    f.at(28, () => { f.say(f.state); });
  });
  expect(f.log).toEqual(['0:got a#1', '28:leased 1']);
  expect(f.events).toEqual(['29:delivery-leaked a#1']);
  expect(f.callsOf('settle', 'detach')).toEqual(['29 settle leak:a#1', '29 detach']);
});

test('operators in between may complete or empty: nothing is claimed any more, nothing is held', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(concatMap((delivery) => (delivery.payload === 'a' ? of(delivery) : EMPTY)), filter(() => true), take(1), ackOnComplete(f.work('--|'))));
  });
  expect(f.log).toEqual(['0:run a#1', '2:acked a#1', '2:complete']);
  expect(f.state).toBe('waiting 2');
  f.expectAllOver();
});
