import { ackOnComplete, drainOn, retryWithBackoff, toDeadLetter } from 'chronow/operators';
import { marbles } from 'chronow/marbles';
import { EMPTY, NEVER, takeUntil } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { failureOf } from './support/failure-of.js';

describe('faults by marbles', () => {
  it('go on after the line was down: the ack is sent again, once', marbles(({ cw, publish, work, run, disconnect, expectSettled, expectEvents }) => {
    publish('t', 'a 500ms b');
    run(cw.topic('t').subscription('s').pipe(ackOnComplete(work('-----|'))));
    disconnect('---^----!');
    expectSettled('t/s', { a: ' 31ms a', b: ' 506ms a' });
    expectEvents('---c-s', { c: 'claim-retried', s: 'settle-retried' });
  }));

  it('show the line on status$', marbles(({ cw, set, run, disconnect }) => {
    set('k', 'a');
    const status = run(cw.status$);
    disconnect('--^--!');
    status.expectResults('a-b--a', { a: { state: 'ready' }, b: expectedDown });
  }, { equals: (received, expected) => (expected === expectedDown ? JSON.stringify(received).includes('reconnecting') : JSON.stringify(received) === JSON.stringify(expected)) }));

  it('lose the reply to an ack: it is repeated, and settles once', marbles(({ cw, publish, work, run, loseReply, expectSettled, expectOutcomes, expectEvents }) => {
    publish('t', 'a');
    run(cw.topic('t').subscription('s').pipe(ackOnComplete(work('--|'))));
    loseReply('settle', '!');
    expectSettled('t/s', { a: '--a' });
    expectOutcomes(' 43ms a');
    expectEvents('--s', { s: 'settle-retried' });
  }));

  it('lose the reply to a claim: the message lapses, and comes again', marbles(({ cw, publish, work, run, loseReply, expectSettled, expectDeliveries }) => {
    publish('t', 'a');
    run(cw.topic('t').subscription('s', { visibilityTimeoutMs: 1_000 }).pipe(ackOnComplete(work('--|'))));
    loseReply('claim', '!');
    expectSettled('t/s', { a: ' 1s !-a' });
    expectDeliveries('t/s', { a: '1 999ms 2' });
  }));

  it('steal a lease: the work of the former holder settles nothing', marbles(({ cw, publish, work, run, steal, process, expectSettled }) => {
    publish('t', 'a');
    const first = run(cw.topic('t').subscription('s', { maxInFlight: 1 }).pipe(ackOnComplete(work('------|'))));
    const other = process();
    const second = other.run(other.cw.topic('t').subscription('s').pipe(ackOnComplete(work('---|'))), '-^');
    steal('t/s', '---a');
    expectSettled('t/s', { a: '---!--(la)' });
    first.expectOutcomes('------l');
    second.expectOutcomes('------a');
  }));

  it('crash a process: its messages lapse, and another one has them', marbles(({ cw, publish, work, run, crash, process, expectSettled, expectDeliveries }) => {
    publish('t', 'ab');
    run(cw.topic('t').subscription('s', { visibilityTimeoutMs: 100 }).pipe(ackOnComplete(work(' 20ms |'))));
    crash(' 10ms !');
    const other = process();
    other.run(other.cw.topic('t').subscription('s').pipe(ackOnComplete(work('--|'))), ' 20ms ^');
    expectSettled('t/s', { a: ' 100ms !-a', b: ' 101ms !-a' });
    expectDeliveries('t/s', { a: '1 99ms 2', b: '-1 99ms 2' });
  }));

  it('crash on every attempt: the last one runs alone, then it is dead', marbles(({ cw, publish, run, crash, process, expectSettled, expectDeadLetters }) => {
    publish('t', 'a');
    const options = { visibilityTimeoutMs: 10, maxDeliveries: 2 };
    run(cw.topic('t').subscription('s', options).pipe(ackOnComplete(() => NEVER)));
    crash('--!');
    const second = process();
    second.run(second.cw.topic('t').subscription('s').pipe(ackOnComplete(() => NEVER)), '---^');
    second.crash(' 12ms !');
    const third = process();
    third.run(third.cw.topic('t').subscription('s').pipe(ackOnComplete(() => EMPTY)), ' 13ms ^');
    expectSettled('t/s', { a: ' 10ms ! 9ms (!d)' });
    expectDeadLetters('t/s', { a: 'MaxDeliveries' });
  }));

  it('jump the clock of a process forward: it asks before it gives anything up', marbles(({ cw, publish, work, run, jumpClock, expectSettled }) => {
    publish('t', 'a');
    run(cw.topic('t').subscription('s', { visibilityTimeoutMs: 1_000 }).pipe(ackOnComplete(work(' 500ms |'))));
    jumpClock('--!', 60_000);
    expectSettled('t/s', { a: ' 500ms a' });
  }));

  it('close a client: what runs is finished, then it completes', marbles(({ cw, publish, work, run, close, expectSettled, expectOutcomes, allow }) => {
    publish('t', 'a--b');
    run(cw.topic('t').subscription('s').pipe(ackOnComplete(work('-----|'))));
    close('--!');
    expectSettled('t/s', { a: '-----a' });
    expectOutcomes('-----(a|)');
    allow('waiting');
  }));

  it('drain before the work, cancel behind it', marbles(({ cw, publish, work, run, drain, expectSettled }) => {
    publish('t', 'a');
    publish('u', 'a');
    run(cw.topic('t').subscription('s').pipe(drainOn(drain('--!')), ackOnComplete(work('-----|')))).expectOutcomes('-----(a|)');
    const cancelled = cw.topic('u').subscription('s').pipe(ackOnComplete(work('-----|')), takeUntil(drain('--!')));
    run(cancelled).expectOutcomes('--|');
    run(cw.topic('u').subscription('s').pipe(ackOnComplete(work('-|'))), '----^');
    expectSettled('t/s', { a: '-----a' });
    expectSettled('u/s', { a: '--x--a' });
  }));

  it('say in the report when they struck', () => {
    const { message } = failureOf(({ cw, publish, work, run, disconnect, process, expectSettled }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(work('-----|')), retryWithBackoff({ initialMs: 1 }), toDeadLetter()));
      process().crash('---!');
      disconnect('---^---!');
      expectSettled('t/s', { a: '-----a' });
    });
    expect(message).toContain('fault at 3: process 2: crash');
    expect(message).toContain('fault at 3: line down');
    expect(message).toContain('fault at 7: line up');
  });

  it('refuse what they do not know', () => {
    expect(() => { failureOf(({ disconnect }) => { disconnect('--x'); }); }).toThrow(`disconnect(): unknown letter 'x' ('^' begins, '!' ends) in '--x'`);
    expect(() => { failureOf(({ crash }) => { crash('--'); }); }).toThrow(`crash(): exactly one '!' is needed, to say when; got '--'`);
    expect(() => { failureOf(({ run }) => { run(EMPTY, '--!--^'); }); }).toThrow(`run(): '!' stands before '^' in '--!--^'`);
    expect(() => { failureOf(({ jumpClock }) => { jumpClock('!', 0.5); }); }).toThrow('jumpClock() jumps by whole milliseconds');
  });

  it('cannot steal what nobody holds', () => {
    const { problems } = failureOf(({ cw, publish, run, steal, expectSettled }) => {
      publish('t', 'a');
      run(cw.topic('t').subscription('s').pipe(ackOnComplete(() => EMPTY)));
      steal('t/s', '---a');
      expectSettled('t/s', { a: 'a' });
    });
    expect(problems).toEqual(['at frame 3: steal(\'t/s\'): a is not leased at frame 3: nothing can be stolen']);
  });
});

const expectedDown = { state: 'reconnecting' };
