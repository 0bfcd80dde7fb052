import type { Observable } from 'rxjs';
import type { Chronow, Message, Topic } from 'chronow';

// What the type tests talk about. Nothing of it is ever executed.

export interface Payment { readonly orderId: string; readonly amount: number }
export interface Score { readonly risk: number }
export interface Booking { readonly account: string; readonly cents: number }
export interface Card { readonly kind: 'card'; readonly number: string }
export interface Transfer { readonly kind: 'transfer'; readonly iban: string }

export declare const cw: Chronow;
export declare const payments: Topic<Payment>;
export declare const bookings: Topic<Booking>;
/** Their payload is a union. */
export declare const orders: Topic<Card | Transfer>;
export declare const stop$: Observable<void>;

/** Pieces of work, to be passed by name. */
export declare function score(message: Message<Payment>): Observable<Score>;
export declare function scoreLater(message: Message<Payment>): Promise<Score>;
export declare function idOf(message: Message<unknown>): Observable<string>;
export declare function echo<T>(message: Message<T>): Observable<T>;
/** Work on a payload, to be called in a project. */
export declare function scored(payment: Payment): Promise<Score>;

/** A test that the compiler runs: it holds when nothing is said about its body. */
export declare function it(sentence: string, types: () => void): void;

/** Compiles when the stream emits exactly `Expected`: not less, not more, not `any`. */
export declare function emits<Expected>(): <Actual>(stream: Observable<Actual>, ...same: Same<Expected, Actual> extends true ? [] : [{ readonly expected: Expected; readonly got: Actual }]) => void;

/** Compiles when the value is exactly `Expected`. */
export declare function is<Expected>(): <Actual>(value: Actual, ...same: Same<Expected, Actual> extends true ? [] : [{ readonly expected: Expected; readonly got: Actual }]) => void;

/** Two conditional types are the same only where their conditions are identical. */
type Same<A, B> = (<X>(x: X) => X extends A ? 1 : 2) extends <X>(x: X) => X extends B ? 1 : 2 ? true : false;
