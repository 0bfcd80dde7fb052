import { EMPTY, of } from 'rxjs';
import { expect, test } from 'vitest';
import { fanOut, retryWithBackoff, toDeadLetter } from '../../operators/index.js';
import { flow } from '../support/flow.js';
import { Diagram, seen } from './support/diagram.js';

test('does what its diagram shows', () => {
  const diagram = new Diagram('fan-out');
  let outcomes: string[] = [];
  flow((f) => {
    outcomes = seen(f, diagram.deliveries(f, 'deliveries').pipe(fanOut([() => diagram.cold(f, 'branch 1'), () => diagram.cold(f, 'branch 2')])), ({ kind }) => kind.slice(0, 1).toUpperCase());
  });
  diagram.expect(outcomes, 'fanOut');
  diagram.expectAllRun();
});

test.each([['nothing', undefined], ['no branch at all', []], ['a branch that is no function', [() => EMPTY, 5]]])('refuses %s, at the call: it would ack without work', (_what, branches) => {
  expect(() => fanOut(branches as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }) as Error);
});

test('refuses bad options like ackOnComplete', () => {
  expect(() => fanOut([() => EMPTY], { concurrency: 0 })).toThrow(/OPTION_INVALID/);
});

test('acks with the last value of every branch, in order, an empty one too', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(fanOut([() => of(1, 2), () => EMPTY, ({ payload }) => of(payload)])));
  });
  expect(f.log).toEqual(['0:acked a#1 = 2,,a']);
  expect(f.callsOf('settle')).toEqual(['0 settle ack:a#1']);
});

test('the first branch that fails makes it Failed; the others are unsubscribed', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ maxDeliveries: 1 }).pipe(fanOut([f.work('9ms |'), f.work('--#'), f.work('-|')]), retryWithBackoff({ initialMs: 5 }), toDeadLetter()));
  });
  expect(f.log).toEqual(['0:run a#1', '0:run a#1', '0:run a#1', '2:stop a#1', '2:dead a#1 MaxDeliveries']);
});

test.each([
  ['throws', () => { throw new Error('own'); }, 'Error: own'],
  ['returns nothing', () => undefined as never, 'WORK_INVALID'],
  ['returns a promise in virtual time', () => Promise.resolve(1), 'WORK_INVALID'],
  ['rejects in virtual time', () => Promise.reject(new Error('never seen')), 'WORK_INVALID'],
] as const)('a branch that %s is one Failed', (_what, branch, error) => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ retryBackoffMs: [1_000] }).pipe(fanOut([branch as () => never])));
  }, { horizon: 50 });
  expect(f.log).toEqual([`0:failed a#1 ${error}`]);
});

test('a branch that throws after one that began a promise: its rejection ends no process', async () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ retryBackoffMs: [1_000] }).pipe(fanOut([() => Promise.reject(new Error('late')), () => EMPTY, () => { throw new Error('own'); }])));
  }, { horizon: 50 });
  await Promise.resolve();
  expect(f.log).toEqual(['0:failed a#1 Error: own']);
});

test('unsubscribing stops every branch and releases once', () => {
  const f = flow((f) => {
    f.publish('a');
    const seenIt = f.see(f.source().pipe(fanOut([f.work('9ms |'), f.work('8ms |')])));
    f.at(2, () => { seenIt.unsubscribe(); });
  });
  expect(f.log).toEqual(['0:run a#1', '0:run a#1', '2:stop a#1', '2:stop a#1']);
  expect(f.callsOf('settle')).toEqual(['2 settle release:a#1']);
});
