import { ackOnComplete } from 'chronow/operators';
import type { MarbleTest } from 'chronow/marbles';
import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { marbles, marbleTest } from '../../marbles/vitest.js';

const waits: () => unknown = () => Promise.resolve();
const aNumber: unknown = expect.any(Number);

const flow = ({ cw, publish, run, expectSettled }: MarbleTest): void => {
  publish('t', 'a');
  run(cw.topic('t').subscription('s').pipe(ackOnComplete(() => of({ at: 17, by: 'somebody' }))));
  expectSettled('t/s', { a: 'a' });
};

describe('chronow/marbles/vitest', () => {
  marbleTest('is a test by itself', (test) => {
    flow(test);
    test.expectOutcomes('x', { x: { kind: 'acked', value: { at: aNumber, by: 'somebody' } } });
  });

  it('counts as an assertion', () => {
    expect.assertions(1);
    marbles(flow)();
  });

  it.each([['--|', '--a'], ['----|', '----a']])('takes the arguments of test.each: work %s', marbles(({ cw, publish, work, run, expectSettled }, script: string, row: string) => {
    publish('t', 'a');
    run(cw.topic('t').subscription('s').pipe(ackOnComplete(work(script))));
    expectSettled('t/s', { a: row });
  }));

  it('has a matcher for bodies', () => {
    expect(flow).toPassMarbles({ config: { defaults: { visibilityTimeoutMs: 100 } } });
    const wrong = (test: MarbleTest): void => {
      flow(test);
      test.expectDeliveries('t/s', { a: '-1' });
    };
    expect(wrong).not.toPassMarbles();
    expect(() => { expect(wrong).toPassMarbles(); }).toThrow(/1 problem in a marble test[^]*a {2}expected {2}-1/);
    expect(() => { expect(flow).not.toPassMarbles(); }).toThrow('the marble test holds, and was not to');
  });

  it('refuses an async body', () => {
    expect(() => { marbles(waits)(); }).toThrow('the body of a marble test must not be async');
  });
});
