import { ackOnComplete, toDeadLetter } from 'chronow/operators';
import { marbles } from 'chronow/marbles';
import { concatMap, delay, EMPTY, filter, interval, merge, NEVER, of, repeat, share, tap, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { failureOf } from './support/failure-of.js';

const throwsOutside = (): void => { of(1).subscribe(() => { throw new Error('in the next of somebody'); }); };

describe('a marble test fails on what was not expected', () => {
  it('messages that wait', () => {
    const { problems } = failureOf(({ cw, publish, work, run, expectSettled }) => {
      publish('t', 'ab');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(work('--|'))), '---!');
      expectSettled('t/s', { a: '--a', b: '---x' });
    });
    expect(problems).toEqual([`t/s: at the end b (delivered 0 times) waits; let the flow settle it, or allow('waiting')`]);
  });

  it('messages that nothing subscribes to', () => {
    const { problems } = failureOf(({ publish, expectShared }) => {
      publish('t', 'ab');
      expectShared('k', '');
    });
    expect(problems).toEqual([`t: nothing subscribes to it, and 2 messages were published; expectPublished('t', …), or allow('waiting')`]);
  });

  it('messages that wait for their retry', () => {
    const { problems } = failureOf(({ cw, publish, work, run, expectSettled }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s', { retryBackoffMs: [5_000] }).pipe(ackOnComplete(work('--#'))), '----!');
      expectSettled('t/s', { a: '--r' });
    });
    expect(problems).toEqual([`t/s: at the end a (delivered once) is delayed; let the flow settle it, or allow('delayed')`]);
  });

  it('deliveries that nobody settles', () => {
    const { problems } = failureOf(({ cw, publish, run, work, crash, expectSettled }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(work('-----|'))));
      crash('--!');
      expectSettled('t/s', {});
    });
    expect(problems).toEqual([`t/s: at the end a (delivered once) is leased and unsettled; let the flow settle it, or allow('leased')`]);
  });

  it('dead letters', () => {
    const { problems } = failureOf(({ cw, publish, work, run, expectOutcomes, allow }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(work('--#')), toDeadLetter({ reason: 'Spent' })));
      expectOutcomes('--d');
      allow('settled');
    });
    expect(problems).toEqual([`t/s: at the end a (Spent) is among the dead letters; expectDeadLetters('t/s', …), or allow('dead')`]);
  });

  it('messages that are scheduled for later', () => {
    const { problems } = failureOf(({ cw, publish, run, expectSettled }) => {
      publish('t', 'a', { a: { payload: 1, delayMs: 5_000 } });
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(() => EMPTY)), '--!');
      expectSettled('t/s', {});
    });
    expect(problems).toEqual([`t: 1 messages are scheduled for later at the end; let time go on (horizonMs), or allow('scheduled')`]);
  });

  it('deliveries that no operator took', () => {
    const { problems } = failureOf(({ cw, publish, run, expectSettled, allow }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s', { visibilityTimeoutMs: 10, maxDeliveries: 1 }).pipe(filter(() => false), ackOnComplete(() => EMPTY)));
      expectSettled('t/s', { a: '---------(?d)' });
      allow('dead');
    });
    expect(problems).toEqual([`delivery-leaked of a in t/s at frame 9; expectEvents(…), or allow('leaked')`]);
  });

  it('deliveries that are settled twice', () => {
    const { problems } = failureOf(({ cw, publish, run, expectSettled, allow }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s').pipe(tap((delivery) => {
        void delivery.ack();
        void delivery.release();
      })));
      expectSettled('t/s', { a: 'a' });
      allow('promises');
    });
    expect(problems).toEqual([`settled-twice of a in t/s at frame 0; expectEvents(…), or allow('settled-twice')`]);
  });

  it('failures that were settled too late', () => {
    const { problems } = failureOf(({ cw, publish, work, run, expectSettled, allow }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s', { maxDeliveries: 1 }).pipe(ackOnComplete(work('--#')), delay(1), toDeadLetter()));
      expectSettled('t/s', { a: '--d' });
      allow('error');
    });
    expect(problems).toEqual([`failed-too-late of a in t/s at frame 3; expectEvents(…), or allow('failed-too-late')`]);
  });

  it('a handler without end, at the horizon', () => {
    const { problems, message } = failureOf(({ cw, publish, run, expectSettled, allow }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(() => NEVER)));
      expectSettled('t/s', {});
      allow('leased');
    });
    expect(problems).toEqual([expect.stringMatching(/^something still moves at the horizon \(frame 300001\): the next step would be at 310000, /)]);
    expect(message).toContain('t/s: a is in work and is not settled');
  });

  it('a timer without end, at the horizon that the test sets', () => {
    const { problems, message } = failureOf(({ cw, publish, run, expectSettled }) => {
      publish('t', 'a');
      run(merge(cw.topic('t').subscription('s').pipe(ackOnComplete(() => EMPTY)), interval(300)));
      expectSettled('t/s', { a: 'a' });
    }, { horizonMs: 1_000 });
    expect(problems).toEqual([expect.stringMatching(/^something still moves at the horizon \(frame 1000\): the next step would be at 1200, 200ms later/)]);
    expect(message).toContain('a timer of a flow goes on');
  });

  it('a loop in which no time passes', () => {
    const { problems } = failureOf(({ publish, run, expectResults }) => {
      publish('t', 'a');
      run(interval(0));
      expectResults('');
    });
    expect(problems.some((problem) => problem.startsWith('more than 50000 steps in frame 0'))).toBe(true);
  });

  it('steps without number on the way to a far horizon', () => {
    const { problems } = failureOf(({ cw, publish, run, expectSettled, allow }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(() => interval(1))));
      expectSettled('t/s', { a: ' 14d a' });
      allow('leased');
    }, { maxSteps: 20_000 });
    expect(problems.some((problem) => problem.startsWith('more than 20000 steps'))).toBe(true);
  });

  it('a project that returned a real promise', () => {
    const { problems } = failureOf(({ cw, publish, run, expectSettled, allow }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s', { maxDeliveries: 1 }).pipe(ackOnComplete(async () => 1)));
      expectSettled('t/s', { a: 'd' });
      allow('dead');
    });
    expect(problems).toEqual([expect.stringMatching(/^WORK_INVALID: the work on message .* is a promise, and virtual time cannot wait for one/)]);
  });

  it('the promise form of a command', () => {
    const { problems, message } = failureOf(({ cw, publish, run, expectSettled }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(() => {
        void cw.shared.set('k', 1);
        return EMPTY;
      })));
      expectSettled('t/s', { a: 'a' });
    });
    expect(problems).toEqual([expect.stringMatching(/^a real promise at frame 0: .*publish\$/)]);
    expect(message).toContain('guards.test.ts');
  });

  it('somebody who waits for a promise', () => {
    const { problems } = failureOf(({ publish, run, expectResults, allow }) => {
      publish('t', 'a');
      run(of(1).pipe(concatMap(() => Promise.resolve(2))));
      expectResults('');
      allow('waiting');
    });
    expect(problems).toEqual([expect.stringContaining('a real promise at frame 0')]);
  });

  it('streams that error', () => {
    const failure = failureOf(({ publish, run, expectSettled, cw }) => {
      publish('t', 'a');
      run(merge(cw.topic('t').subscription('s').pipe(ackOnComplete(() => EMPTY)), throwError(() => new Error('boom')).pipe((source) => of(0).pipe(delay(3), concatMap(() => source)))));
      expectSettled('t/s', { a: 'a' });
    });
    expect(failure.problems).toEqual([`the flow errored at frame 3: Error: boom; expect it ('#'), or allow('error')`]);
    expect(failure.cause).toEqual(new Error('boom'));
  });

  it('errors that nobody caught', () => {
    const failure = failureOf(({ publish, cw, run, expectSettled, allow }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(() => EMPTY)));
      run(timer(0).pipe(tap(throwsOutside)));
      expectSettled('t/s', { a: 'a' });
      allow('waiting');
    });
    expect(failure.problems).toEqual(['an error that nobody caught, at frame 0: Error: in the next of somebody']);
  });

  it('settlements of a message that has no row', () => {
    const { problems, message } = failureOf(({ cw, publish, work, run, expectSettled }) => {
      publish('t', 'ab');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(work('--|'))));
      expectSettled('t/s', { a: '--a' });
    });
    expect(problems).toEqual([`expectSettled('t/s'): b: expected nothing more, received a at 3`]);
    expect(message).toContain(`no row says anything of b: list every message, or allow('settled')`);
  });

  it('settlements in a subscription that nothing speaks of', () => {
    const { problems } = failureOf(({ cw, publish, work, run, expectOutcomes }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(work('--|'))));
      expectOutcomes('--a');
    });
    expect(problems).toEqual([`t/s: nobody expected these settlements; expectSettled('t/s', …), or allow('settled')`]);
  });

  it('a test in which nothing comes in', () => {
    const { problems } = failureOf(({ cw, run, expectOutcomes }) => {
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(() => EMPTY)));
      expectOutcomes('');
    });
    expect(problems).toEqual([expect.stringContaining('nothing was published or set')]);
  });

  it('a test that expects nothing', () => {
    const { problems } = failureOf(({ cw, publish, run, allow }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(() => EMPTY)));
      allow('settled');
    });
    expect(problems).toEqual([expect.stringContaining('the test expects nothing, so it would pass whatever happens')]);
  });

  it('expectations of places that there are not', () => {
    const { problems, message } = failureOf(({ cw, publish, run, expectSettled, expectPublished, allow }) => {
      publish('orders', 'a');
      run(cw.topic('orders').subscription('billing').pipe(ackOnComplete(() => EMPTY)));
      expectSettled('orders/biling', { a: 'a' });
      expectPublished('oders', 'a');
      allow('settled');
    });
    expect(problems).toEqual([`expectSettled('orders/biling'): nothing ever subscribed to orders/biling`, `expectPublished('oders'): there is no topic oders`]);
    expect(message).toContain('subscriptions: orders/billing');
  });

  it('rows of messages that were never published', () => {
    const { problems, message } = failureOf(({ cw, publish, run, expectSettled }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(() => EMPTY)));
      expectSettled('t/s', { a: 'a', c: 'a' });
    });
    expect(problems).toEqual([`expectSettled('t/s'): no message c was ever published to t`]);
    expect(message).toContain('published: a');
  });

  it('a fault that strikes nothing', () => {
    const { problems } = failureOf(({ cw, publish, run, loseReply, expectSettled }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(() => EMPTY)));
      loseReply('renew', '--!');
      expectSettled('t/s', { a: 'a' });
    });
    expect(problems).toEqual([`loseReply('renew', '--!') lost no reply: there was no such call at or after frame 2`]);
  });

  it('a message that the topic refused', () => {
    const { problems } = failureOf(({ publish, expectPublished }) => {
      publish('t', 'a', { a: 10n });
      expectPublished('t', '');
    });
    expect(problems).toEqual([expect.stringMatching(/^at frame 0: publish\('t'\): a was refused: ChronowError: PAYLOAD_UNENCODABLE/)]);
  });

  it('names everything that is wrong at once', () => {
    const { problems, message } = failureOf(({ cw, publish, work, run, expectSettled }) => {
      publish('t', 'ab');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(work('-----|'))), '---!');
      expectSettled('t/s', { a: '-----a' });
    });
    expect(problems).toHaveLength(2);
    expect(message.split('\n')[0]).toBe('2 problems in a marble test');
  });
});

describe('what is allowed is not held against the test', () => {
  it('by name', marbles(({ cw, publish, run, work, allow, expectSettled }) => {
    publish('t', 'abc');
    run(cw.topic('t').subscription('s', { maxInFlight: 1 }).pipe(ackOnComplete(work('----|')), share(), repeat(1)), '------!');
    expectSettled('t/s', { a: '----a' });
    allow('settled', 'waiting');
  }));
});
