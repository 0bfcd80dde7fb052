import { filter, map, merge, pipe, takeUntil, tap, timer } from 'rxjs';
import { ackOnComplete, onFailed, retryWithBackoff, settledValues, toDeadLetter, type Acked, type DeadLettered, type Failed, type Lost, type Retried } from 'chronow/operators';
import { bookings, echo, emits, is, it, payments, score, stop$, type Booking, type Payment, type Score } from '../given.js';

const outcomes = payments.subscription('fraud-detector').pipe(ackOnComplete(score));

it('retryWithBackoff() adds Retried; what is spent is still Failed', () => {
  emits<Acked<Payment, Score> | Failed<Payment> | Lost<Payment> | Retried<Payment>>()(outcomes.pipe(retryWithBackoff({ initialMs: 500 })));
});

it('behind toDeadLetter() no Failed is left', () => {
  emits<Acked<Payment, Score> | Lost<Payment> | DeadLettered<Payment>>()(outcomes.pipe(toDeadLetter()));
  emits<Acked<Payment, Score> | Lost<Payment> | Retried<Payment> | DeadLettered<Payment>>()(outcomes.pipe(retryWithBackoff({ initialMs: 500 }), toDeadLetter({ reason: 'Exhausted' })));
});

it('a whole pipeline infers everything, from the topic to the dead letters', () => {
  const whole = payments.subscription('fraud-detector', { maxDeliveries: 5 }).pipe(ackOnComplete((message) => score(message), { concurrency: 8 }), retryWithBackoff({ initialMs: 1_000, factor: 2, maxMs: 30_000, jitter: 'full' }), toDeadLetter());
  emits<Acked<Payment, Score> | Lost<Payment> | Retried<Payment> | DeadLettered<Payment>>()(whole);
});

it('a second toDeadLetter() is harmless and adds nothing', () => {
  emits<Acked<Payment, Score> | Lost<Payment> | DeadLettered<Payment>>()(outcomes.pipe(toDeadLetter(), toDeadLetter()));
});

it('a second retryWithBackoff() is harmless and adds nothing', () => {
  const twice = outcomes.pipe(retryWithBackoff({ initialMs: 10, when: (error) => error instanceof RangeError }), retryWithBackoff({ initialMs: 500 }));
  emits<Acked<Payment, Score> | Failed<Payment> | Lost<Payment> | Retried<Payment>>()(twice);
});

it('retries and dead letters are a value that can be used again', () => {
  const standard = pipe(retryWithBackoff({ initialMs: 500 }), toDeadLetter());
  emits<Acked<Payment, Score> | Lost<Payment> | Retried<Payment> | DeadLettered<Payment>>()(outcomes.pipe(standard));
  emits<Acked<Booking, Booking> | Lost<Booking> | Retried<Booking> | DeadLettered<Booking>>()(bookings.subscription('ledger').pipe(ackOnComplete(echo), standard));
});

it('so are dead letters and the results', () => {
  const results = pipe(retryWithBackoff({ initialMs: 500 }), toDeadLetter(), settledValues());
  emits<Score>()(outcomes.pipe(results));
});

it('so are retries alone and dead letters alone', () => {
  const [retries, dead] = [retryWithBackoff({ initialMs: 500 }), toDeadLetter()];
  emits<Acked<Payment, Score> | Lost<Payment> | Retried<Payment> | DeadLettered<Payment>>()(outcomes.pipe(retries, dead));
});

it('onFailed() is told the payload and adds whatever can be decided', () => {
  const decided = outcomes.pipe(onFailed((failed) => {
    is<Failed<Payment>>()(failed);
    return failed.delivery.payload.amount > 1_000 ? 'dead-letter' : { action: 'retry', delayMs: 500 };
  }));
  emits<Acked<Payment, Score> | Acked<Payment, never> | Failed<Payment> | Lost<Payment> | Retried<Payment> | DeadLettered<Payment>>()(decided);
});

it('onFailed() may decide later', () => {
  const decided = outcomes.pipe(onFailed((failed) => timer(50).pipe(map(() => (failed.spent ? 'ack' : 'retry')))), toDeadLetter());
  emits<Acked<Payment, Score> | Acked<Payment, never> | Lost<Payment> | Retried<Payment> | DeadLettered<Payment>>()(decided);
});

it('settledValues() gives the results, wherever it stands behind the work', () => {
  emits<Score>()(outcomes.pipe(settledValues()));
  emits<Score>()(outcomes.pipe(retryWithBackoff({ initialMs: 500 }), toDeadLetter(), settledValues()));
  emits<Score>()(outcomes.pipe(onFailed(() => 'ack'), settledValues()));
});

it('operators of RxJS in between let the outcomes through', () => {
  const watched = outcomes.pipe(tap((outcome) => { is<'acked' | 'failed' | 'lost'>()(outcome.kind); }), takeUntil(stop$), retryWithBackoff({ initialMs: 500 }), filter((outcome) => outcome.kind !== 'lost'), toDeadLetter());
  emits<Acked<Payment, Score> | Lost<Payment> | Retried<Payment> | DeadLettered<Payment>>()(watched);
});

it('the failures of merged streams keep their own payloads', () => {
  const both = merge(outcomes, bookings.subscription('ledger').pipe(ackOnComplete(echo))).pipe(toDeadLetter());
  emits<Acked<Payment, Score> | Acked<Booking, Booking> | Lost<Payment> | Lost<Booking> | DeadLettered<Payment> | DeadLettered<Booking>>()(both);
});

it('outcomes are told apart by their kind', () => {
  outcomes.pipe(retryWithBackoff({ initialMs: 500 }), toDeadLetter()).subscribe((outcome) => {
    switch (outcome.kind) {
      case 'acked': is<Acked<Payment, Score>>()(outcome); break;
      case 'lost': is<Lost<Payment>>()(outcome); break;
      case 'retried': is<Retried<Payment>>()(outcome); break;
      case 'dead-lettered': is<DeadLettered<Payment>>()(outcome); break;
      default: is<never>()(outcome);
    }
  });
});
