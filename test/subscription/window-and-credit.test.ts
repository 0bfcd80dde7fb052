import { of } from 'rxjs';
import { expect, test } from 'vitest';
import { ackOnComplete, retryWithBackoff } from '../../operators/index.js';
import { flow } from '../support/flow.js';

const letters = (count: number): string[] => Array.from({ length: count }, (_, index) => `m${index}`);

test('asks for no more than is free, and never has more unsettled than the window', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source({ maxInFlight: 2 }).pipe(ackOnComplete(f.work('---|'))));
  });
  expect(f.log).toEqual(['0:run a#1', '0:run b#1', '3:acked a#1', '3:acked b#1', '3:run c#1', '6:acked c#1']);
  expect(f.callsOf('claim')).toEqual(['0 claim 2', '3 claim 2', '3 claim 1']);
  expect(f.recorder.mostHeld).toBe(2);
});

test('gives credit back by settlement, not by the end of the work', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ maxInFlight: 1 }).pipe(ackOnComplete(f.work('---|'))));
  }, { faults: ({ op }) => (op === 'settle' ? { after: 10 } : undefined) });
  expect(f.log).toEqual(['0:run a#1', '13:acked a#1', '13:run b#1', '26:acked b#1']);
});

test('acks each message on its own completion, in any order', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c', 'd');
    const took: Record<string, string> = { a: '--|', b: '----|', c: '-|', d: '---|' };
    f.see(f.source().pipe(ackOnComplete(f.work(({ payload }) => took[payload] ?? '|'), { concurrency: 4 })));
  });
  expect(f.log.filter((line) => line.includes('acked'))).toEqual(['1:acked c#1', '2:acked a#1', '3:acked d#1', '4:acked b#1']);
  expect(f.callsOf('settle')).toEqual(['1 settle ack:c#1', '2 settle ack:a#1', '3 settle ack:d#1', '4 settle ack:b#1']);
});

test('sends the settlements of one turn in one call, and claims after them', () => {
  const f = flow((f) => {
    f.publish(...letters(10));
    f.see(f.source({ maxInFlight: 4 }).pipe(ackOnComplete(() => of(1))));
  });
  expect(f.calls).toEqual([
    '0 claim 4', '0 claimed m0#1 m1#1 m2#1 m3#1', '0 settle ack:m0#1 ack:m1#1 ack:m2#1 ack:m3#1',
    '0 claim 4', '0 claimed m4#1 m5#1 m6#1 m7#1', '0 settle ack:m4#1 ack:m5#1 ack:m6#1 ack:m7#1',
    '0 claim 4', '0 claimed m8#1 m9#1', '0 settle ack:m8#1 ack:m9#1', '0 claim 4',
  ]);
});

test('with half the window free it claims now; with less it waits a little for more', () => {
  const f = flow((f) => {
    f.publish(...letters(8));
    // m0 ends at 10, m1 and m2 at 20: one free, then three of four.
    const ends: Record<string, number> = { m0: 10, m1: 20, m2: 20 };
    f.see(f.source({ maxInFlight: 4 }).pipe(ackOnComplete(f.work(({ payload }) => `${ends[payload] ?? 90}ms |`))));
  }, { lingerMs: { claim: 5, settle: 0 }, horizon: 50 });
  expect(f.callsOf('claim', 'claimed')).toEqual(['0 claim 4', '0 claimed m0#1 m1#1 m2#1 m3#1', '15 claim 1', '15 claimed m4#1', '20 claim 2', '20 claimed m5#1 m6#1']);
});

test('long work does not starve what waits: twelve free places of 32 are used', () => {
  const f = flow((f) => {
    f.publish(...letters(20));
    f.see(f.source().pipe(ackOnComplete(f.work(({ payload }) => (Number(payload.slice(1)) < 20 ? '900ms |' : '-|')))));
    f.at(10, () => { f.publish(...letters(32).slice(20)); });
  }, { lingerMs: { claim: 5, settle: 5 }, horizon: 100 });
  expect(f.log.filter((line) => line.includes('acked'))).toHaveLength(12);
});

test('settlements wait for others no longer than the linger, and not at all when nothing else runs', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    const took: Record<string, string> = { a: '--|', b: '----|', c: '20ms |' };
    f.see(f.source({ maxInFlight: 4 }).pipe(ackOnComplete(f.work(({ payload }) => took[payload] ?? '|'))));
  }, { lingerMs: { claim: 0, settle: 5 } });
  expect(f.callsOf('settle')).toEqual(['7 settle ack:a#1 ack:b#1', '20 settle ack:c#1']);
});

test('a full window does not wait for more settlements: none can come', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source({ maxInFlight: 2 }).pipe(ackOnComplete(f.work(({ payload }) => (payload === 'b' ? '20ms |' : '--|')))));
  }, { lingerMs: { claim: 0, settle: 5 } });
  expect(f.callsOf('settle')).toEqual(['2 settle ack:a#1', '4 settle ack:c#1', '20 settle ack:b#1']);
});

test('messages in backoff do not use the window: a hundred poison ones do not stop the good one', () => {
  const f = flow((f) => {
    f.publish(...letters(100), 'good');
    f.see(f.source({ maxInFlight: 10 }).pipe(
      ackOnComplete(f.work(({ payload }) => (payload === 'good' ? '-|' : '-#'))),
      retryWithBackoff({ initialMs: 3_600_000, maxMs: 3_600_000, jitter: 'none' }),
    ));
  }, { horizon: 60_000 });
  expect(f.log.filter((line) => line.includes('good'))).toEqual(['10:run good#1', '11:acked good#1']);
  expect(f.state).toBe('delayed 100');
  expect(f.recorder.mostHeld).toBe(10);
});

test('two subscriptions merged before the work each keep their own window', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    const work = f.work('---|');
    f.see(f.source({ maxInFlight: 1 }, 's').pipe(ackOnComplete(work)), '1 ');
    f.see(f.source({ maxInFlight: 2 }, 'other').pipe(ackOnComplete(work)), '2 ');
  }, { horizon: 0 });
  expect(f.log).toEqual(['0:run a#1', '0:run a#1', '0:run b#1']);
});
