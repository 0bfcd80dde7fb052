import type { Observable } from 'rxjs';
import type { Acked, DeadLettered, Failed, Lost, Retried, Settled } from '../src/subscription/outcome.js';

// The operators behind the work are generic in the element type `S` of their source. Where it does not fit, the source is
// asked for a property that nothing has, and whose name is the sentence that the compiler then prints as its last line.

/** A stream of outcomes: what the operators behind the work accept. `GoesAfter` is said of any other stream. */
export type Outcomes<S, GoesAfter extends string> = Observable<S> & ([S] extends [Settled] ? unknown : { readonly [K in GoesAfter]: never });

/** A stream of outcomes of which some may be `Failed`. `NothingFails` is said where none can be. */
export type Failures<S, GoesAfter extends string, NothingFails extends string> = Observable<S> & ([S] extends [Settled] ? CanFail<S, NothingFails> : { readonly [K in GoesAfter]: never });

type CanFail<S, NothingFails extends string> = [Extract<S, Failed<unknown>>] extends [never] ? { readonly [K in NothingFails]: never } : unknown;

/** The payload of the failures in a stream of outcomes. */
export type FailedPayload<S> = S extends Failed<infer T> ? T : never;

/** Behind `retryWithBackoff`: a failure was retried, or its lease was lost meanwhile, or it passed on. */
export type AfterRetry<S> = S extends Failed<infer T> ? S | Retried<T> | Lost<T> : Extract<S, Settled>;

/** Behind `toDeadLetter`: no `Failed` is left. A second one finds none and adds nothing. */
export type AfterDeadLetter<S> = S extends Failed<infer T> ? DeadLettered<T> | Lost<T> : Extract<S, Settled>;

/** Behind `onFailed`: whatever can be decided, and the failures whose decision threw. */
export type AfterDecision<S> = S extends Failed<infer T> ? S | Acked<T, never> | DeadLettered<T> | Lost<T> | Retried<T> : Extract<S, Settled>;

/** The last values of the acked outcomes in a stream. */
export type AckedValue<S> = S extends Acked<unknown, infer R> ? R : never;
