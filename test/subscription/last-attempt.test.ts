import { NEVER } from 'rxjs';
import { expect, test } from 'vitest';
import { ackOnComplete } from '../../operators/index.js';
import { flow } from '../support/flow.js';

const letters = Array.from({ length: 32 }, (_, index) => `m${index}`);

test('one message that kills the process buries itself alone: 1 dead, 31 acked', () => {
  const dead = new Set<number>();
  const f = flow((f) => {
    f.publish(...letters);
    // A process that takes its window, runs one after the other, and is gone for good in m0: nothing of it is heard again.
    const process = (number: number): void => {
      if (number > 8) return;
      f.see(f.source({ visibilityTimeoutMs: 30, maxDeliveries: 5 }).pipe(ackOnComplete(f.logged((message) => {
        if (message.payload !== 'm0') return f.cold('|');
        dead.add(number);
        f.at(f.now + 40, () => { process(number + 1); });
        return NEVER;
      }), { concurrency: 1 })));
    };
    process(1);
  }, { faults: ({ consumer, op }) => (dead.has(consumer) && op !== 'attach' ? 'hang' : undefined), horizon: 5_000 });
  expect(f.dead).toEqual(['m0#5 MaxDeliveries']);
  expect(f.log.filter((line) => line.includes('acked'))).toHaveLength(31);
  expect(f.log.filter((line) => line.includes('run m0'))).toHaveLength(5);
  expect(f.callsOf('claimed').filter((line) => line.includes('!')).every((line) => line.split(' claimed ')[1]?.split(' ').length === 1)).toBe(true);
});

test('a busy consumer lets its hands run empty for it, and takes nothing beside it', () => {
  const f = flow((f) => {
    f.publish('p');
    // Two lapses, then the last attempt waits.
    for (const start of [0, 40]) f.at(start, () => { const seen = f.source({ visibilityTimeoutMs: 30, maxDeliveries: 3 }).subscribe(); f.at(start + 1, () => { seen.unsubscribe(); }); });
    f.at(50, () => { f.publish('a', 'b', 'c'); });
    f.at(51, () => f.see(f.source({ maxInFlight: 4 }).pipe(ackOnComplete(f.work('20ms |')))));
    f.at(72, () => { f.publish('d'); });
  });
  const time = (text: string): number => Number(f.log.find((line) => line.includes(text))?.split(':')[0]);
  expect(time('run p#3')).toBeGreaterThanOrEqual(71);
  expect(time('run d#1')).toBeGreaterThanOrEqual(time('acked p#3'));
  expect(f.callsOf('claimed').filter((line) => line.includes('!'))).toHaveLength(1);
  expect(f.state).toBe('');
});

test('a message over its limit is buried before it runs again', () => {
  const f = flow((f) => {
    f.publish('a');
    const seen = f.source({ visibilityTimeoutMs: 30, maxDeliveries: 1 }).subscribe();
    f.at(1, () => { seen.unsubscribe(); });
    f.at(50, () => f.see(f.source().pipe(ackOnComplete(f.work('-|')))));
  });
  expect(f.log).toEqual([]);
  expect(f.dead).toEqual(['a#1 NeverStarted']);
});
