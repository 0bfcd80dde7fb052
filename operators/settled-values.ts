import { Observable } from 'rxjs';
import type { AckedValue, Outcomes } from './types.js';
import type { Settled } from '../src/subscription/outcome.js';

/**
 * The last value of the work of every acked message; everything else is left out.
 *
 * ```text
 * outcomes   A--F--E--L-|      A carries 1; E is Acked too, by work without a value
 * result     1----------|
 * ```
 *
 * next: one value per `Acked` that has one. error, complete, unsubscribe: pass.
 *
 * @example
 * ```ts
 * payments.subscription('fraud-detector').pipe(ackOnComplete(score), retryWithBackoff({ initialMs: 500 }), toDeadLetter(), settledValues())
 * ```
 */
export function settledValues(): <S>(source: Outcomes<S, 'settledValues() goes after ackOnComplete()'>) => Observable<AckedValue<S>> {
  return (source) => valuesOf(source);
}

/** The values of a stream of outcomes; `R` is what the operator's signature computed from it. */
function valuesOf<R>(source: Observable<unknown>): Observable<R> {
  return new Observable<R>((out) => {
    const sink: { next(value: unknown): void } = out;
    return source.subscribe({
      next: (outcome) => { if (isAcked(outcome) && !outcome.empty) sink.next(outcome.value); },
      error: (error: unknown) => { out.error(error); },
      complete: () => { out.complete(); },
    });
  });
}

function isAcked(outcome: unknown): outcome is Extract<Settled, { kind: 'acked' }> {
  return typeof outcome === 'object' && outcome !== null && 'kind' in outcome && outcome.kind === 'acked';
}
