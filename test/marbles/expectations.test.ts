import { ackOnComplete, retryWithBackoff, settledValues, toDeadLetter, type Message } from 'chronow/operators';
import { marbles, type MarbleTest } from 'chronow/marbles';
import { EMPTY, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { failureOf, linesOf } from './support/failure-of.js';

describe('a wrong expectation prints expected and received under each other', () => {
  it('a fate at another frame, and another fate', () => {
    const failure = failureOf(({ cw, publish, work, run, expectSettled }) => {
      publish('t', 'a--b');
      run(cw.topic('t').subscription('s', { retryBackoffMs: [1] }).pipe(ackOnComplete(work({ a: '-----|', b: ['----#', '-|'] }))));
      expectSettled('t/s', { a: '----a', b: '-------a' });
    });
    expect(failure.problems).toEqual([`expectSettled('t/s'): a: expected a at 4, received a at 5 (and 1 more)`]);
    expect(failure.message).toContain([
      '     frame            4  7 9',
      '     a  expected  ----a',
      '        received  -----a',
      '                      ^^',
      '     b  expected  -------a',
      '        received  -------r-a',
      '                         ^ ^',
    ].join('\n'));
    expect(failure.message).toContain('publish t         a--b');
    expect(failure.message).toContain('t/s b delivered   ---1----2');
    expect(failure.message).toContain('t/s b settled     -------r-a');
  });

  it('long silences as passing time, so that fourteen days are as readable as a second', () => {
    const failure = failureOf(({ cw, publish, work, run, expectSettled }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s', { retryBackoffMs: [86_400_000] }).pipe(ackOnComplete(work(['--#', '-|']))));
      expectSettled('t/s', { a: '--r 1d -a' });
    });
    expect(linesOf(failure)).toContain('a  expected  --r 1d -a');
    expect(linesOf(failure)).toContain('received  --r 1d a');
  });

  it('a row whose message came to nothing', () => {
    const failure = failureOf(({ cw, publish, run, expectSettled, allow }) => {
      publish('t', 'ab');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(() => EMPTY)), '-!');
      expectSettled('t/s', { a: 'a', b: '-a' });
      allow('waiting');
    });
    expect(failure.problems).toEqual([`expectSettled('t/s'): b: expected a at 1, received nothing more`]);
  });

  it('deliveries', () => {
    const { problems } = failureOf(scene(({ expectDeliveries }) => { expectDeliveries('t/s', { a: '1 12ms 2 21ms 3' }); }));
    expect(problems).toEqual([`expectDeliveries('t/s'): a: expected 2 at 13, received 2 at 12`]);
  });

  it('dead letters that are missing, not expected, or other than expected', () => {
    const missing = failureOf(scene(({ expectDeadLetters, publish }) => {
      publish('t', '-b');
      expectDeadLetters('t/s', { a: { reason: 'Spent', deliveryCount: 2 }, b: 'Spent' });
    }, { b: '|' }));
    expect(missing.problems).toEqual([`expectDeadLetters('t/s'): a: expected reason 'Spent', received 'Rejected'`]);
    expect(linesOf(missing)).toContain('a: expected deliveryCount 2, received 3');
    expect(linesOf(missing)).toContain('b was expected among the dead letters and is not there');
    const none = failureOf(scene(({ expectDeadLetters }) => { expectDeadLetters('t/s', {}); }));
    expect(none.problems).toEqual([`expectDeadLetters('t/s'): a is among the dead letters (Rejected) and was not expected there`]);
  });

  it('outcomes', () => {
    const failure = failureOf(scene(({ expectOutcomes }) => { expectOutcomes('--x 11ms r 21ms d', { x: { kind: 'retried', message: 'a', delayMs: 20, attempt: 1, error: 'the work failed, as its marbles say' } }); }));
    expect(failure.problems).toEqual(['expectOutcomes of the flow: expected x at 2, received r at 2']);
    expect(failure.message).toContain(`r at 2 is kind 'retried', message 'a', payload 'a', error 'the work failed, as its marbles say', attempt 1, delayMs 10`);
  });

  it('results', () => {
    const failure = failureOf(({ cw, publish, run, expectResults, allow }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(() => of({ score: 2 })), settledValues()));
      expectResults('x', { x: { score: 1 } });
      allow('settled');
    });
    expect(failure.problems).toEqual(['expectResults of the flow: expected x at 0, received * at 0']);
    expect(failure.message).toContain('* at 0 is { score: 2 }');
  });

  it('shared values', () => {
    const failure = failureOf(({ set, expectShared }) => {
      set('limit', 'a--b', { a: 1, b: 2 });
      expectShared('limit', 'a--c', { a: 1, c: 3 });
    });
    expect(failure.problems).toEqual([`expectShared('limit'): expected c at 3, received * at 3`]);
    expect(failure.message).toContain('* at 3 is 2');
  });

  it('events', () => {
    const failure = failureOf(scene(({ expectEvents }) => { expectEvents(' 36ms d', { d: { type: 'dead-lettered', message: 'b' } }); }));
    expect(failure.problems).toEqual(['expectEvents: expected d at 36, received * at 36']);
    expect(failure.message).toContain('* at 36 is dead-lettered of a in t/s (Rejected)');
  });

  it('demand, and how much was in flight', () => {
    const { problems } = failureOf(({ cw, publish, work, run, expectSettled, expectDemand, expectMostInFlight }) => {
      publish('t', '(abc)');
      run(cw.topic('t').subscription('s', { maxInFlight: 2 }).pipe(ackOnComplete(work('--|'))));
      expectSettled('t/s', { a: '--a', b: '--a', c: '----a' });
      expectDemand('t/s', '2-3');
      expectMostInFlight('t/s', 3);
    });
    expect(problems).toEqual([`expectDemand('t/s'): expected 3 at 2, received 2 at 2`, `expectMostInFlight('t/s'): expected 3, received 2`]);
  });

  it('published messages', () => {
    const { problems } = failureOf(({ cw, run, publish, expectPublished, allow }) => {
      publish('in', 'a');
      run(cw.topic<string>('in').subscription('s').pipe(ackOnComplete(({ payload }) => cw.topic('out').publish$({ done: payload }))));
      expectPublished('out', 'x', { x: { done: 'b' } });
      allow('settled');
    });
    expect(problems).toEqual([`expectPublished('out'): expected x at 0, received * at 0`]);
  });
});

describe('what is right', () => {
  it('is compared row by row: renewals only where a row shows them', marbles(({ cw, publish, work, run, expectSettled }) => {
    publish('t', 'ab');
    run(cw.topic('t').subscription('s', { visibilityTimeoutMs: 30 }).pipe(ackOnComplete(work(' 15ms |'))));
    expectSettled('t/s', { a: ' 10ms + 4ms a', b: ' 16ms a' });
  }));

  it('finds the only subscription of a topic, which has no name', marbles(({ cw, publish, run, work, expectSettled, allow }) => {
    publish('t', 'a-b');
    run(cw.topic('t').subscription().pipe(ackOnComplete(work('--|'))), '-^---!');
    expectSettled('t/*', { b: '----a' });
    allow('waiting');
  }));

  it('says more of outcomes by letters of your own', marbles(scene(({ expectOutcomes }) => {
    expectOutcomes('--r 11ms x 21ms d', { x: { kind: 'retried', message: 'a', delayMs: 20, attempt: 2 }, d: { kind: 'dead-lettered', reason: 'Rejected' } });
    return true;
  })));

  it('tells several flows apart', marbles(({ cw, publish, run, work, expectSettled }) => {
    publish('t', 'a');
    publish('u', '-b');
    const first = run(cw.topic('t').subscription('s').pipe(ackOnComplete(work('x-|')), settledValues()));
    const second = run(cw.topic('u').subscription('s').pipe(ackOnComplete(work('x-|', { x: 7 })), settledValues()));
    first.expectResults('--x');
    second.expectResults('---y', { y: 7 });
    expectSettled('t/s', { a: '--a' });
    expectSettled('u/s', { b: '---a' });
  }));

  it('expects an error by itself, its code or its message', marbles(({ cw, set, run }) => {
    set('k', 'a');
    run(cw.topic('t', {}).subscription('s', { order: 'none' }).pipe(ackOnComplete(() => EMPTY, { order: 'strict' }))).expectResults('');
    run(cw.shared.set$('k', 'x', { expectedRevision: 9 })).expectResults('#', {}, 'REVISION_CONFLICT');
  }));

  it('is named by what was published: messages of the flow, too', marbles(({ cw, publish, run, expectPublished, expectSettled }) => {
    publish('in', 'a');
    run(cw.topic<string>('in').subscription('s').pipe(ackOnComplete(({ payload }) => cw.topic('out').publish$({ done: payload }))));
    run(cw.topic('out').subscription('s').pipe(ackOnComplete(() => EMPTY)));
    expectPublished('out', 'x', { x: { done: 'a' } });
    expectSettled('in/s', { a: 'a' });
    expectSettled('out/s', { x: 'a' });
  }));
});

describe('what cannot be meant is refused at its line', () => {
  const waits: () => unknown = () => Promise.resolve();
  const refused = (body: (test: MarbleTest) => void): (() => void) => () => { marbles(body)(); };

  it('letters that nobody knows', () => {
    expect(refused(({ expectSettled }) => { expectSettled('t/s', { a: '--q' }); })).toThrow(/OPTION_INVALID: expectSettled\('t\/s'\), row a: unknown letter 'q' \(a ack, r retry, .*\) in '--q'/);
    expect(refused(({ publish }) => { publish('t', 'a-|'); })).toThrow(`publish('t'): unknown letter '|'`);
    expect(refused(({ publish }) => { publish('t', 'ab', { a: 1 }); })).toThrow(`publish('t'): unknown letter 'b' (those of your values) in 'ab'`);
    expect(refused(({ work }) => { work('--!'); })).toThrow(`work(): unknown letter '!'`);
    expect(refused(({ set }) => { set('k', '#'); })).toThrow(`set('k'): unknown letter '#'`);
    expect(refused(({ expectDeliveries }) => { expectDeliveries('t/s', { a: '0' }); })).toThrow(`unknown letter '0' (1 is the first delivery`);
    expect(refused(({ expectEvents }) => { expectEvents('x', { k: 'stalled' }); })).toThrow(`expectEvents: unknown letter 'x'`);
  });

  it('strings that are no marbles', () => {
    expect(refused(({ work }) => { work('--|-a'); })).toThrow(`work(): nothing can come after the end in '--|-a'`);
    expect(refused(({ work }) => { work('(a'); })).toThrow(`a '(' without ')'`);
    expect(refused(({ work }) => { work('a)'); })).toThrow(`a ')' without '('`);
    expect(refused(({ work }) => { work('(a-)'); })).toThrow(`a group holds letters only, got '-'`);
    expect(refused(({ work }) => { work([]); })).toThrow('an empty list of attempts');
  });

  it('a letter that would name two messages', () => {
    expect(refused(({ publish }) => { publish('t', 'a-a'); })).toThrow(`letter 'a' is the name of one message, and stands twice in 'a-a'`);
    expect(refused(({ expectPublished }) => { expectPublished('t', 'a-a'); })).toThrow('a letter is the name of one message');
  });

  it('a message with options that publish() does not have', () => {
    const typo: Readonly<Record<string, unknown>> = { payload: 1, headrs: {} };
    expect(refused(({ publish }) => { publish('t', 'a', { a: typo }); })).toThrow('a has a payload and headrs, which publish() does not know');
  });

  it('rows said twice, a flow that is not said, an allowance that is none, a body that waits', () => {
    expect(refused(({ expectSettled }) => { expectSettled('t/s', {}); expectSettled('t/s', {}); })).toThrow(`expectSettled('t/s') was said before`);
    expect(refused(({ expectOutcomes }) => { expectOutcomes('a'); })).toThrow('expectOutcomes(): run(flow$) comes first');
    expect(refused(({ run, expectOutcomes }) => { run(EMPTY); run(EMPTY); expectOutcomes('a'); })).toThrow('expectOutcomes(): 2 flows run; say of which');
    expect(refused(({ allow }) => { Reflect.apply(allow, undefined, ['anything']); })).toThrow('allow() knows waiting, delayed,');
    expect(refused(waits)).toThrow('the body of a marble test must not be async');
  });

  it('options that marbles() does not have', () => {
    expect(() => marbles(() => undefined, { horizonMs: 0 })).toThrow('horizonMs');
    expect(() => { Reflect.apply(marbles, undefined, [undefined]); }).toThrow('marbles(body) needs a function; got undefined');
  });

  it('work that has no script for a message', () => {
    const { problems } = failureOf(({ cw, publish, work, run, expectSettled, allow }) => {
      publish('t', 'ab');
      run(cw.topic('t').subscription('s', { maxDeliveries: 1 }).pipe(ackOnComplete(work({ a: '|' }))));
      expectSettled('t/s', { a: 'a', b: '-d' });
      allow('dead');
    });
    expect(problems).toEqual(['at frame 1: OPTION_INVALID: work() has no script for message b; it has some for a']);
  });
});

/** `a` fails three times in two frames each, then it is dead; everything about it is as it should be but what `more` says. */
function scene(more: (test: MarbleTest) => unknown, others: Record<string, string> = {}): (test: MarbleTest) => void {
  return (test) => {
    const { cw, publish, work, run, allow } = test;
    publish('t', 'a');
    const project: (message: Message<unknown>) => ReturnType<ReturnType<MarbleTest['work']>> = work({ a: '--#', ...others });
    run(cw.topic('t').subscription('s').pipe(ackOnComplete(project), retryWithBackoff({ initialMs: 10, jitter: 'none', maxAttempts: 3 }), toDeadLetter()));
    allow('settled', 'dead');
    more(test);
  };
}
