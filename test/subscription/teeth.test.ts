import { Observable, Subject, filter, take, throwError, type OperatorFunction } from 'rxjs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ackOnComplete, retryWithBackoff } from '../../operators/index.js';
import { Failed } from '../../src/subscription/outcome.js';
import { Consumer } from '../../src/subscription/consumer.js';
import { confirmsAtOnce, countsNoCredit, dropsLateAnswers, keepsWhatIsBehindARetry, releaseBurnsAnAttempt, settlementsAreCancelled } from '../fixtures/flows/planted-brokers.js';
import { CreditFromNothing, CreditNever, CreditTwice, ForgetsTheClaim, FreesAtSending, NeverTornDown, sourceOf } from '../fixtures/flows/planted-consumers.js';
import { play, scenario } from '../property/support/random-flows.js';
import { flow, type Flow, type FlowOptions } from '../support/flow.js';

// The ten likeliest mistakes, planted. Each scene holds without the bug and fails with it.

type ConsumerClass = typeof Consumer<string>;

const scenes: readonly (readonly [string, ConsumerClass, (Class: ConsumerClass) => void])[] = [
  ['1. the source is never torn down below take()', NeverTornDown, (Class) => {
    const f = scene(Class, 2, (source, f) => source.pipe(take(1), ackOnComplete(f.work('--|'))));
    f.expectAllOver();
    expect(f.state).toBe('waiting 3');
  }],
  ['5. the end forgets a claim under way', ForgetsTheClaim, (Class) => {
    const f = flow((f) => {
      f.publish('a', 'b');
      const seen = f.see(sourceOf(f, Class, 2));
      f.at(3, () => { seen.unsubscribe(); });
    }, { faults: ({ op }) => (op === 'claim' ? { after: 10 } : undefined), horizon: 100 });
    expect(f.state).toBe('waiting 2');
  }],
  ['7. credit is computed from nothing', CreditFromNothing, (Class) => {
    scene(Class, 2, (source, f) => source.pipe(ackOnComplete(f.work('--|'))));
  }],
  ['8. a place is free when the settlement is sent', FreesAtSending, (Class) => {
    scene(Class, 1, (source, f) => source.pipe(ackOnComplete(f.work('--|'))), { faults: ({ op }) => (op === 'settle' ? { after: 10 } : undefined) });
  }],
  ['9. credit comes back twice', CreditTwice, (Class) => {
    scene(Class, 3, (source, f) => source.pipe(ackOnComplete(f.work(({ payload }) => (payload === 'a' ? '-|' : '900ms |')))), { horizon: 100 });
  }],
  ['9. credit never comes back for a leak', CreditNever, (Class) => {
    const f = scene(Class, 1, (source, f) => source.pipe(filter(({ payload }) => payload !== 'a'), ackOnComplete(f.work('-|'))), { horizon: 200 }, 30);
    expect(f.log.filter((line) => line.includes('acked'))).toHaveLength(3);
  }],
];

describe.each(scenes)('%s', (_mistake, Buggy, check) => {
  test('is not so', () => { check(Consumer<string>); });
  test('would be noticed', () => { expect(() => { check(Buggy); }).toThrow(); });
});

const onTheWay: readonly (readonly [string, FlowOptions['plant'], (plant: FlowOptions['plant']) => void])[] = [
  ['3. unsubscribing cancels a settlement', (broker, runtime) => settlementsAreCancelled(runtime, left$, 5)(broker), (plant) => {
    const f = flow((f) => {
      f.publish('a');
      const seen = f.see(f.source().pipe(ackOnComplete(f.work('--|'))));
      f.at(4, () => {
        seen.unsubscribe();
        left$.next();
      });
    }, { plant, horizon: 100 });
    expect(f.state).toBe('');
  }],
  ['7. credit is not counted', countsNoCredit, (plant) => {
    flow((f) => {
      f.publish('a', 'b', 'c');
      f.see(f.source({ maxInFlight: 2 }).pipe(ackOnComplete(f.work(({ payload }) => (payload === 'a' ? '-|' : '9ms |')))));
    }, { plant });
  }],
  ['8. a place is free before the confirmation', (broker, runtime) => confirmsAtOnce(runtime, 10)(broker), (plant) => {
    flow((f) => {
      f.publish('a', 'b');
      f.see(f.source({ maxInFlight: 1 }).pipe(ackOnComplete(f.work('-|'))));
    }, { plant });
  }],
];

describe.each(onTheWay)('%s', (_mistake, plant, check) => {
  test('is not so', () => { check(undefined); });
  test('would be noticed', () => { expect(() => { check(plant); }).toThrow(); });
});

test('6. a function of the user that throws inside next would be an uncaught error', () => {
  const naive = (when: () => boolean): OperatorFunction<unknown, unknown> => (source) => new Observable((out) => source.subscribe({ next: (value) => { if (!(value instanceof Failed) || when()) out.next(value); } }));
  const run = (operator: OperatorFunction<unknown, unknown>): Flow => flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(ackOnComplete(() => throwError(() => new Error('work'))), operator));
  }, { horizon: 50 });
  const when = (): boolean => { throw new Error('mine'); };
  expect(() => run(naive(when))).toThrow('mine');
  expect(run(retryWithBackoff({ initialMs: 1, when }) as OperatorFunction<unknown, unknown>).log).toEqual(['0:failed a#1 [Error: work, Error: mine]']);
});

describe('10. the property asks for more than "all acked at the end"', () => {
  test.each([
    ['a release burns an attempt', releaseBurnsAnAttempt],
    ['a late answer is dropped', dropsLateAnswers],
    ['what is behind a retry is kept', keepsWhatIsBehindARetry],
    ['credit is not counted', countsNoCredit],
  ])('%s: found', (_bug, plant) => {
    const { failed } = fc.check(fc.property(scenario, (one) => { play({ ...one, theft: undefined }, plant); }), { numRuns: 1_000, seed: 1, endOnFailure: true });
    expect(failed).toBe(true);
  }, 60_000);
});

const left$ = new Subject<void>();

function scene(Class: ConsumerClass, window: number, behind: (source: ReturnType<typeof sourceOf>, f: Flow) => Observable<unknown>, options: FlowOptions = {}, visibilityTimeoutMs = 30_000): Flow {
  return flow((f) => {
    f.publish('a', 'b', 'c', 'd');
    f.see(behind(sourceOf(f, Class, window, visibilityTimeoutMs), f));
  }, options);
}

