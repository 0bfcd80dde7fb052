import { EMPTY, NEVER, Subject, map, of, takeUntil, tap, throwError, timer } from 'rxjs';
import { expect, test } from 'vitest';
import { ackOnComplete, onFailed, retryWithBackoff, toDeadLetter, type FailureDecision, type Message } from '../../operators/index.js';
import { flow } from '../support/flow.js';
import { Diagram, seen } from './support/diagram.js';

const letters: Record<string, string> = { acked: 'A', failed: 'F', retried: 'R', lost: 'L', 'dead-lettered': 'D' };
const decisions: Record<string, FailureDecision> = { d: 'dead-letter', r: 'retry', a: 'ack' };
const work = ({ payload }: Message<string>) => (payload === 'a' ? EMPTY : throwError(() => new Error('own')));

test('does what its diagram shows', () => {
  const diagram = new Diagram('on-failed');
  const outcomes: string[] = [];
  let result: string[] = [];
  let decidedAt = -1;
  flow((f) => {
    for (const [frame, payload] of [[0, 'a'], [3, 'b']] as const) f.at(frame, () => { f.publish(payload); });
    result = seen(f, f.source().pipe(
      takeUntil(timer(9)),
      ackOnComplete(work),
      tap({ next: ({ kind }) => { outcomes.push(`${f.now}:${letters[kind] ?? ''}`); }, complete: () => { outcomes.push(`${f.now}:|`); } }),
      onFailed(() => {
        decidedAt = f.now;
        return diagram.cold(f, 'decision').pipe(map((letter) => decisions[letter] ?? 'ack'));
      }),
    ), ({ kind }) => letters[kind]);
  });
  diagram.expect(outcomes, 'outcomes');
  diagram.expect(result, 'result');
  expect(decidedAt).toBe(diagram.row('decision').offset);
  diagram.expectAllRun();
});

test('refuses what is no function, at the call', () => {
  expect(() => onFailed('retry' as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }) as Error);
});

test.each<[string, FailureDecision, string, string]>([
  ['ack', 'ack', 'settle ack:b#1', 'acked b#1'],
  ['retry', 'retry', 'settle retry:b#1', 'retried b#1 +policy'],
  ['retry with a delay', { action: 'retry', delayMs: 7 }, 'settle retry(7):b#1', 'retried b#1 +7'],
  ['dead-letter', 'dead-letter', 'settle dead(Rejected):b#1', 'dead b#1 Rejected'],
  ['dead-letter with a reason', { action: 'dead-letter', reason: 'Fraud' }, 'settle dead(Fraud):b#1', 'dead b#1 Fraud'],
])('decides %s, at once or by the first value of a stream', (_what, decision, settled, outcome) => {
  for (const answer of [() => decision, () => of(decision, 'ack' as const), () => timer(0).pipe(map(() => decision))]) {
    const f = flow((f) => {
      f.publish('b');
      f.see(f.source({ retryBackoffMs: [1_000] }).pipe(ackOnComplete(work), onFailed(answer)));
    }, { horizon: 5 });
    expect(f.callsOf('settle')).toEqual([`0 ${settled}`]);
    expect(f.log).toEqual([`0:${outcome}`]);
  }
});

test.each<[string, () => unknown]>([
  ['throws', () => { throw new Error('mine'); }],
  ['answers nothing', () => undefined],
  ['answers a word nobody knows', () => 'maybe'],
  ['answers no action', () => ({ delayMs: 5 })],
  ['answers a delay that is none', () => ({ action: 'retry', delayMs: Number.NaN })],
  ['answers an empty reason', () => ({ action: 'dead-letter', reason: '' })],
])('a decide that %s makes the failure pass on to the policy, with both errors', (_what, decide) => {
  const f = flow((f) => {
    f.publish('b');
    f.see(f.source({ retryBackoffMs: [1_000] }).pipe(ackOnComplete(work), onFailed(decide as () => FailureDecision)));
  }, { horizon: 5 });
  expect(f.log).toEqual([expect.stringMatching(/^0:failed b#1 \[Error: own, (Error: mine|OPTION_INVALID|TypeError.*)\]$/)]);
  expect(f.callsOf('settle')).toEqual(['0 settle retry:b#1']);
});

test.each<[string, () => unknown]>([
  ['errors', () => throwError(() => new Error('mine'))],
  ['completes without a value', () => EMPTY],
  ['answers what is no decision', () => of({ action: 'perhaps' })],
  ['answers null', () => of(null)],
])('a stream that %s is a retry by the policy; the process lives', (_what, decide) => {
  const f = flow((f) => {
    f.publish('b');
    f.see(f.source({ retryBackoffMs: [1_000] }).pipe(ackOnComplete(work), onFailed(decide as () => FailureDecision)));
  }, { horizon: 5 });
  expect(f.log).toEqual(['0:retried b#1 +policy']);
});

test('the lease is renewed while nobody has decided', () => {
  const f = flow((f) => {
    f.publish('b');
    const decision = new Subject<FailureDecision>();
    f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(ackOnComplete(work), onFailed(() => decision)));
    f.at(45, () => { decision.next('ack'); });
  });
  expect(f.callsOf('renew')).toEqual(['10 renew b#1', '20 renew b#1', '30 renew b#1', '40 renew b#1']);
  expect(f.log).toEqual(['45:acked b#1']);
});

test('stands before retry and dead letters, and takes all', () => {
  const f = flow((f) => {
    f.publish('b');
    f.see(f.source().pipe(ackOnComplete(work), onFailed(() => 'ack'), retryWithBackoff({ initialMs: 5 }), toDeadLetter()));
  });
  expect(f.log).toEqual(['0:acked b#1']);
});

test('error passes, and what is undecided then is settled by the policy', () => {
  const f = flow((f) => {
    f.publish('b');
    f.see(f.source({ retryBackoffMs: [1_000] }).pipe(ackOnComplete(work), onFailed(() => NEVER)));
  }, { faults: ({ op, nth }) => (op === 'claim' && nth === 2 ? 'fatal' : undefined), horizon: 50 });
  expect(f.log).toEqual(['0:error LINK_LOST']);
  expect(f.callsOf('settle')).toEqual(['0 settle retry:b#1']);
});
