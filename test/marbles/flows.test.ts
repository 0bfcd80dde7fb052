import { ackOnComplete, filterPayload, hold, publishTo, retryWithBackoff, settledValues, toDeadLetter } from 'chronow/operators';
import { marbles, MarblesFailed } from 'chronow/marbles';
import { concatMap, delay, map, of, switchMap } from 'rxjs';
import { describe, expect, it } from 'vitest';

describe('a flow in ten lines', () => {
  it('acks when the work completes', marbles(({ cw, publish, work, run, expectSettled }) => {
    publish('t', 'a--b');
    run(cw.topic('t').subscription('s').pipe(ackOnComplete(work('-----|'))));
    expectSettled('t/s', { a: '-----a', b: '--------a' });
  }));

  it('tries three times, then dead-letters', marbles(({ cw, publish, work, run, expectSettled }) => {
    publish('t', 'a');
    run(cw.topic('t').subscription('s').pipe(ackOnComplete(work('--#')), retryWithBackoff({ initialMs: 10, jitter: 'none', maxAttempts: 3 }), toDeadLetter()));
    expectSettled('t/s', { a: '--r 11ms r 21ms d' });
  }));

  it('hands back what is cancelled', marbles(({ cw, publish, work, run, expectSettled, allow }) => {
    publish('t', 'a');
    run(cw.topic('t').subscription('s').pipe(ackOnComplete(work('-----|'))), '--!');
    expectSettled('t/s', { a: '--x' });
    allow('waiting');
  }));
});

describe('whole flows', () => {
  it('recover on the third attempt', marbles(({ cw, publish, work, run, expectSettled, expectDeliveries, expectOutcomes }) => {
    publish('orders', 'a--b', { a: { id: 1 }, b: { payload: { id: 2 }, key: 'customer-7' } });
    const bill = work({ a: ['--#', '--#', '--x|'], b: '-x|' }, { x: 'billed' });
    run(cw.topic('orders').subscription('billing').pipe(ackOnComplete(bill), retryWithBackoff({ initialMs: 10, jitter: 'none' })));
    expectSettled('orders/billing', { a: '--r 11ms r 22ms a', b: '-----a' });
    expectDeliveries('orders/billing', { a: '1 11ms 2 21ms 3', b: '---1' });
    expectOutcomes('--r--b 8ms r 22ms a', { b: { kind: 'acked', message: 'b', payload: { id: 2 }, value: 'billed' } });
  }));

  it('publish what they made to another topic', marbles(({ cw, publish, run, expectPublished, expectSettled }) => {
    publish('words', 'a-b', { a: 'first', b: 'second' });
    run(cw.topic<string>('words').subscription('s').pipe(publishTo(cw.topic<string>('shouts'), (payload) => `${payload}!`)));
    expectPublished('shouts', 'x-y', { x: 'first!', y: 'second!' });
    expectSettled('words/s', { a: 'a', b: '--a' });
  }));

  it('keep the order of a key through a retry', marbles(({ cw, publish, work, run, expectSettled }) => {
    publish('t', '(abc)', { a: { payload: 1, key: 'k' }, b: { payload: 2, key: 'k' }, c: { payload: 3, key: 'other' } });
    run(cw.topic('t').subscription('s', { order: 'key', retryBackoffMs: [10] }).pipe(ackOnComplete(work({ a: ['--#', '--|'], b: '--|', c: '--|' }))));
    expectSettled('t/s', { a: '--r 11ms a', b: '--x 13ms a', c: '--a' });
  }));

  it('look up what is needed in front of the work, and keep the lease', marbles(({ cw, publish, work, run, expectSettled }) => {
    publish('t', 'a');
    run(cw.topic('t').subscription('s', { visibilityTimeoutMs: 30 }).pipe(hold(), concatMap((delivery) => of(delivery).pipe(delay(50))), ackOnComplete(work('--|'))));
    expectSettled('t/s', { a: ' 52ms a' });
  }));

  it('drop what is not for them', marbles(({ cw, publish, work, run, expectSettled, expectResults }) => {
    publish('t', 'a-b', { a: 1, b: 20 });
    run(cw.topic<number>('t').subscription('s').pipe(filterPayload((payload) => payload > 10), ackOnComplete(work('--x|', { x: 'large' })), settledValues()));
    expectSettled('t/s', { a: 'a', b: '-----a' });
    expectResults('-----x', { x: 'large' });
  }));

  it('follow a shared value', marbles(({ cw, publish, set, work, run, expectSettled, expectShared, expectMostInFlight }) => {
    set('limit', 'a----b', { a: 1, b: 2 });
    publish('t', '(abcd)');
    run(cw.shared.watch<number>('limit', { initial: 1 }).pipe(switchMap((limit) => cw.topic('t').subscription('s').pipe(ackOnComplete(work('----|'), { concurrency: limit })))), ' 50ms !');
    expectShared('limit', 'a----b', { a: 1, b: 2 });
    expectMostInFlight('t/s', 4);
    // The new limit takes effect at once: what ran then is handed back, and done again.
    expectSettled('t/s', { a: '----a', b: '-----x---a', c: '-----x---a', d: '-----x-------a' });
  }));

  it('watch what they set themselves', marbles(({ cw, publish, run, expectSettled, expectShared }) => {
    publish('t', 'a--b', { a: 5, b: 7 });
    run(cw.topic<number>('t').subscription('s').pipe(ackOnComplete(({ payload }) => cw.shared.update$<number>('sum', (sum) => sum + payload, { initial: 0 }))));
    expectSettled('t/s', { a: 'a', b: '---a' });
    expectShared('sum', 'x--y', { x: 5, y: 12 });
  }));

  it('delete and expire shared values', marbles(({ cw, set, run, expectShared }) => {
    set('k', 'a--b---c', { a: 1, b: undefined, c: 3 });
    run(cw.shared.expire$('k', 0.01).pipe(map(() => 'done')), ' 9ms ^');
    expectShared('k', 'a--n---c 11ms n', { a: 1, n: undefined, c: 3 });
  }));

  it('try again for fourteen days, in milliseconds', () => {
    const started = performance.now();
    marbles(({ cw, publish, work, run, expectSettled, expectDeadLetters }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s', { maxDeliveries: 57 }).pipe(ackOnComplete(work('#')), retryWithBackoff({ initialMs: 21_600_000, factor: 1, maxMs: 21_600_000, jitter: 'none' }), toDeadLetter({ reason: 'GaveUp' })));
      // Four times a day: 56 retries, then the end.
      const sixHours = 'r 21599999ms ';
      expectSettled('t/s', { a: `${sixHours.repeat(56)}d` });
      expectDeadLetters('t/s', { a: { reason: 'GaveUp', deliveryCount: 57 } });
    })();
    console.log(`14 days of retries: ${(performance.now() - started).toFixed(1)} ms`);
  });
});

describe('the kit and test frameworks', () => {
  it('needs none of them: a test is a function that throws', () => {
    const test = marbles(({ publish, expectPublished }) => {
      publish('t', 'a');
      expectPublished('t', '-a');
    });
    expect(test).toHaveLength(0);
    expect(test).toThrow(MarblesFailed);
    expect(test).toThrow(/^1 problem in a marble test/);
  });

  it('points at the line of the test', () => {
    const test = marbles(({ publish, expectPublished }) => {
      publish('t', 'a');
      expectPublished('t', '-a');
    });
    let stack: string | undefined;
    try {
      test();
    } catch (error) {
      stack = error instanceof Error ? error.stack : undefined;
    }
    expect(stack?.split('\n').find((line) => line.startsWith('    at '))).toContain('flows.test.ts');
  });

  it('gives the same jitter for the same seed, and another for another', () => {
    const retriedAt = (seed: number): string => {
      try {
        marbles(({ cw, publish, work, run, expectSettled }) => {
          publish('t', 'a');
          run(cw.topic('t').subscription('s').pipe(ackOnComplete(work(['#', '|'])), retryWithBackoff({ initialMs: 1_000, jitter: 'full' })));
          expectSettled('t/s', {});
        }, { seed })();
      } catch (error) {
        return error instanceof MarblesFailed ? error.message : 'another error';
      }
      return 'held';
    };
    expect(retriedAt(7)).toBe(retriedAt(7));
    expect(retriedAt(7)).not.toBe(retriedAt(8));
  });

  it('leaves the real time and promises as they were', async () => {
    const before = Promise;
    marbles(({ publish, expectPublished }) => {
      publish('t', 'a');
      expectPublished('t', 'a');
    })();
    expect(Promise).toBe(before);
    await expect(Promise.resolve(1)).resolves.toBe(1);
  });
});
