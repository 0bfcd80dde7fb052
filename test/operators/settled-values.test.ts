import { EMPTY, of, throwError } from 'rxjs';
import { expect, test } from 'vitest';
import { ackOnComplete, retryWithBackoff, settledValues, toDeadLetter, type Acked, type Lost, type Retried } from '../../operators/index.js';
import { flow } from '../support/flow.js';
import { Diagram, seen } from './support/diagram.js';

test('does what its diagram shows', () => {
  const diagram = new Diagram('settled-values');
  let values: string[] = [];
  flow((f) => {
    const delivery = {} as Acked<string, number>['delivery'];
    const outcomes: Record<string, Acked<string, number> | Lost<string> | Retried<string>> = {
      A: { kind: 'acked', delivery, value: 1, empty: false },
      E: { kind: 'acked', delivery, value: undefined, empty: true },
      F: { kind: 'retried', delivery, error: undefined, attempt: 1, delayMs: 1 },
      L: { kind: 'lost', delivery, reason: 'taken' },
    };
    values = seen(f, f.cold(diagram.row('outcomes').marbles, outcomes).pipe(settledValues()), String);
  });
  diagram.expect(values, 'result');
  diagram.expectAllRun();
});

test('the last value of every acked message, undefined too; failures and their ends are left out', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c', 'd');
    f.see(f.source({ maxDeliveries: 1 }).pipe(
      ackOnComplete(({ payload }) => (payload === 'b' ? EMPTY : payload === 'c' ? throwError(() => new Error('own')) : of(payload === 'd' ? undefined : payload))),
      retryWithBackoff({ initialMs: 1 }),
      toDeadLetter(),
      settledValues(),
    ));
  });
  expect(f.log).toEqual(['0:a', '0:undefined']);
});

test('error and complete pass', () => {
  const f = flow((f) => {
    f.see(throwError(() => new Error('source')).pipe(settledValues()));
    f.see(EMPTY.pipe(settledValues()));
  });
  expect(f.log).toEqual(['0:error Error: source', '0:complete']);
});
