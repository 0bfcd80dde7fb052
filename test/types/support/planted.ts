/** Expectations that do not hold. The helpers of the type tests must say so, or those prove nothing. */
export const planted: readonly { readonly mistake: string; readonly code: string }[] = [
  { mistake: 'a union that lacks a member', code: `emits<Acked<Payment, Score> | Lost<Payment>>()(outcomes)` },
  { mistake: 'a union with a member too many', code: `emits<Acked<Payment, Score> | DeadLettered<Payment> | Failed<Payment> | Lost<Payment>>()(outcomes)` },
  { mistake: 'a Failed that toDeadLetter() took', code: `emits<Acked<Payment, Score> | DeadLettered<Payment> | Failed<Payment> | Lost<Payment>>()(outcomes.pipe(toDeadLetter()))` },
  { mistake: 'another payload', code: `emits<Delivery<Score>>()(payments.subscription('fraud'))` },
  { mistake: 'a payload that became unknown', code: `emits<Delivery<unknown>>()(payments.subscription('fraud'))` },
  { mistake: 'any instead of a payload', code: `is<Payment>()(JSON.parse('{}'))` },
  { mistake: 'a value instead of never', code: `is<never>()('something')` },
  { mistake: 'an array that must not be changed instead of one that can be', code: `is<string[]>()(['a'] as readonly string[])` },
];

/** What they are made of. */
export const plantedPrelude = `import { ackOnComplete, toDeadLetter, type Acked, type DeadLettered, type Delivery, type Failed, type Lost } from 'chronow/operators';
import { emits, is, payments, score, type Payment, type Score } from './given.js';
const outcomes = payments.subscription('fraud').pipe(ackOnComplete(score));
`;
