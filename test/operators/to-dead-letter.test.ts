import { EMPTY, takeUntil, tap, throwError, timer } from 'rxjs';
import { expect, test } from 'vitest';
import { DeadLetter, ackOnComplete, retryWithBackoff, toDeadLetter, type Message, type ToDeadLetterOptions } from '../../operators/index.js';
import type { DeadLetterRecord } from '../../src/port/inspection.js';
import { flow, type Flow } from '../support/flow.js';
import { Diagram, seen } from './support/diagram.js';

const letters: Record<string, string> = { acked: 'A', failed: 'F', retried: 'R', lost: 'L', 'dead-lettered': 'D' };
const work = ({ payload }: Message<string>) => (payload === 'a' ? EMPTY : throwError(() => new Error(payload)));
const fails = ackOnComplete(({ payload }: Message<string>) => throwError(() => new Error(payload, { cause: new TypeError('below') })));

test('does what its diagram shows', () => {
  const diagram = new Diagram('to-dead-letter');
  const outcomes: string[] = [];
  let result: string[] = [];
  flow((f) => {
    for (const [frame, payload] of [[0, 'a'], [3, 'dead'], [6, 'again']] as const) f.at(frame, () => { f.publish(payload); });
    result = seen(f, f.source().pipe(
      takeUntil(timer(7)),
      ackOnComplete(work),
      retryWithBackoff({ initialMs: 500, when: (error) => (error as Error).message === 'again' }),
      tap({ next: ({ kind }) => { outcomes.push(`${f.now}:${letters[kind] ?? ''}`); }, complete: () => { outcomes.push(`${f.now}:|`); } }),
      toDeadLetter(),
    ), ({ kind }) => letters[kind]);
  }, { horizon: 100 });
  diagram.expect(outcomes, 'outcomes');
  diagram.expect(result, 'result');
  diagram.expectAllRun();
});

test.each([['an empty reason', { reason: '' }], ['a long one', { reason: 'x'.repeat(201) }], ['a number', { reason: 5 }], ['an unknown option', { why: 'x' }], ['null', null]])('refuses %s, at the call', (_what, options) => {
  expect(() => toDeadLetter(options as ToDeadLetterOptions)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }) as Error);
});

test('stores reason, description and the error with its causes', async () => {
  const f = flow((f) => {
    f.publish('b');
    f.see(f.source().pipe(fails, toDeadLetter({ reason: 'Broken' })));
  });
  expect(f.log).toEqual(['0:dead b#1 Broken']);
  expect((await record(f)).history.at(-1)).toMatchObject({ reason: 'Broken', description: 'Error: b', errors: ['Error: b', 'TypeError: below'] });
});

test('reasons: its own, that of a DeadLetter, Rejected with attempts left, MaxDeliveries without', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ maxDeliveries: 2, retryBackoffMs: [5] }).pipe(ackOnComplete(({ payload }) => throwError(() => (payload === 'a' ? new DeadLetter('Fraud') : new Error('x')))), toDeadLetter()));
    f.see(f.source({ maxDeliveries: 1 }, 's2').pipe(fails, toDeadLetter()), '2 ');
    f.see(f.source({}, 's3').pipe(fails, toDeadLetter({ reason: ({ error }) => `Because-${(error as Error).message}` })), '3 ');
  });
  expect(f.log).toEqual(['0:dead a#1 Fraud', '0:dead b#1 Rejected', '0:2 dead a#1 MaxDeliveries', '0:2 dead b#1 MaxDeliveries', '0:3 dead a#1 Because-a', '0:3 dead b#1 Because-b']);
});

test.each([
  ['throws', () => { throw new Error('mine'); }],
  ['answers nothing', () => undefined as never],
  ['answers too much', () => 'x'.repeat(500)],
])('a reason that %s is replaced by the default; the message is buried all the same', async (_what, reason) => {
  const f = flow((f) => {
    f.publish('b');
    f.see(f.source().pipe(fails, toDeadLetter({ reason })));
  });
  expect(f.log).toEqual(['0:dead b#1 Rejected']);
  expect((await record(f)).history.at(-1)?.errors).toHaveLength(4);
});

test('a second one finds nothing and is harmless', () => {
  const f = flow((f) => {
    f.publish('b');
    f.see(f.source().pipe(fails, toDeadLetter(), toDeadLetter()));
  });
  expect(f.log).toEqual(['0:dead b#1 Rejected']);
  expect(f.callsOf('settle')).toEqual(['0 settle dead(Rejected):b#1']);
});

test('error and complete pass', () => {
  const f = flow((f) => {
    f.see(throwError(() => new Error('source')).pipe(toDeadLetter()));
    f.see(EMPTY.pipe(toDeadLetter()));
  });
  expect(f.log).toEqual(['0:error Error: source', '0:complete']);
});

function record(f: Flow): Promise<DeadLetterRecord> {
  return new Promise((resolve) => { f.eachDead((one) => { resolve(one); }); });
}
