import { ackOnComplete, retryWithBackoff, toDeadLetter } from 'chronow/operators';
import { marbles } from 'chronow/marbles';
import { describe, it } from 'vitest';

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
