import type { Observable } from 'rxjs';
import type { Acked, DeadLettered, Failed, Lost, Retried, Settled } from '../src/subscription/outcome.js';

/** `unknown` for a stream of outcomes; else a type whose missing property is the sentence the compiler prints. */
export type Only<S, Sentence extends string> = [S] extends [Settled] ? unknown : { readonly [K in Sentence]: never };

/** `unknown` where the stream can hold a `Failed`; else a type whose missing property is the sentence. */
export type NeedsFailed<S, Sentence extends string> = [Extract<S, Failed<unknown>>] extends [never] ? { readonly [K in Sentence]: never } : unknown;

/** The payload of the failures in a stream of outcomes. */
export type FailedPayload<S> = S extends Failed<infer T> ? T : never;

/** What `retryWithBackoff` adds: nothing where nothing can fail. */
export type RetriedOf<S> = [FailedPayload<S>] extends [never] ? never : Retried<FailedPayload<S>>;

/** What `toDeadLetter` adds: nothing where nothing can fail, so that a second one is harmless. */
export type DeadOf<S> = [FailedPayload<S>] extends [never] ? never : DeadLettered<FailedPayload<S>>;

/** What `onFailed` adds for a failure that is acknowledged all the same. */
export type DiscardedOf<S> = [FailedPayload<S>] extends [never] ? never : Acked<FailedPayload<S>, never>;

/** What a failure may turn out to be at the last moment. */
export type LostOf<S> = [FailedPayload<S>] extends [never] ? never : Lost<FailedPayload<S>>;

/** The last values of the acked outcomes in a stream. */
export type AckedValue<S> = S extends Acked<unknown, infer R> ? R : never;

/** A stream that an outcome operator accepts. */
export type Outcomes<S, Sentence extends string> = Observable<S> & Only<S, Sentence>;
