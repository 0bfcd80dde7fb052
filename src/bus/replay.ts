import { EMPTY, Observable, catchError, concat, concatMap, defer, expand, ignoreElements, map, of } from 'rxjs';
import { ChronowError, isChronowError } from '../errors.js';
import type { Inspection } from '../port/inspection.js';
import type { StoredMessage } from '../port/message.js';
import type { SubscriptionRef } from '../port/names.js';
import type { Runtime } from '../port/runtime.js';
import type { WarmStore } from '../port/warm-store.js';
import { ReplayPages, type Found } from './replay-pages.js';

/** The most messages that are put back at a time. */
const mostAtOnce = 500;
/** Where a rate is asked for, so many portions a second, as long as one is a message or more. */
const portions = 10;

export interface ReplayPlan {
  readonly subscription: SubscriptionRef;
  readonly from: number;
  readonly to: number;
  readonly filter: (message: StoredMessage) => boolean;
  /** Messages a second. */
  readonly rate: number;
}

export interface ReplayParts {
  readonly inspection: Inspection;
  /** undefined: there is no warm tier. */
  readonly warm: Pick<WarmStore, 'readMessages'> | undefined;
  readonly runtime: Runtime;
}

/** How far a replay has come. */
export interface ReplayProgress {
  /** Messages that the subscription has again, those included that it had not settled yet. */
  readonly replayed: number;
  /** Messages looked at, those included that the filter left out. */
  readonly seen: number;
  /** Publish time of the last one looked at, ms since the epoch; undefined: none so far. */
  readonly upTo: number | undefined;
}

interface Step {
  readonly progress: ReplayProgress;
  /** How many the last step put back. */
  readonly portion: number;
}

/** Puts what the hot and the warm tier have of a topic into one subscription again, the oldest first, no faster than asked. Tells after each step how far it has come. */
export function replay(parts: ReplayParts, plan: ReplayPlan): Observable<ReplayProgress> {
  return defer(() => {
    const { subscription, from, to, rate } = plan;
    const { inspection, warm, runtime } = parts;
    const range = { topic: subscription, from, to };
    const pages = new ReplayPages(
      (after, max) => inspection.read({ ...range, after, max }),
      warm === undefined ? undefined : (after, max) => warm.readMessages({ ...range, after, max }).pipe(catchError((error: unknown) => { throw unreadable(error); })),
    );
    const max = Math.max(1, Math.min(mostAtOnce, Math.ceil(rate / portions)));
    let reached: ReplayProgress = { replayed: 0, seen: 0, upTo: undefined };
    const step = (): Observable<Step> => pages.next(max).pipe(concatMap((found) => {
      const chosen = found.filter(({ message }) => plan.filter(message));
      return putBack(inspection, subscription, chosen).pipe(map(() => {
        reached = { replayed: reached.replayed + chosen.length, seen: reached.seen + found.length, upTo: found.at(-1)?.message.publishedAt ?? reached.upTo };
        return { progress: reached, portion: chosen.length };
      }));
    }));
    const steps = step().pipe(
      expand(({ portion }) => (pages.isOver ? EMPTY : after(runtime, (portion * 1_000) / rate).pipe(concatMap(step)))),
      map(({ progress }) => progress),
      catchError((error: unknown) => { throw stopped(subscription, reached, error); }),
    );
    // Whether there is such a subscription is told before anything is read.
    return concat(inspection.restore(subscription, []).pipe(ignoreElements()), steps);
  });
}

/** What the topic still has is put back by its id; where it went since it was read, by what was read. */
function putBack(inspection: Inspection, subscription: SubscriptionRef, found: readonly Found[]): Observable<void> {
  const hot = found.filter(({ isHot }) => isHot).map(({ message }) => message);
  const warm = found.filter(({ isHot }) => !isHot).map(({ message }) => message);
  const restored = (messages: readonly StoredMessage[]): Observable<void> => (messages.length === 0 ? of(undefined) : inspection.restore(subscription, messages));
  return restored(warm).pipe(
    concatMap(() => (hot.length === 0 ? of(0) : inspection.redeliver(subscription, hot.map(({ id }) => id)))),
    concatMap((count) => restored(count < hot.length ? hot : [])),
  );
}

function after(runtime: Runtime, ms: number): Observable<void> {
  return new Observable((subscriber) => {
    const go = (): void => {
      subscriber.next();
      subscriber.complete();
    };
    // Also without a delay by way of the runtime: a long replay must not grow the stack.
    if (ms > 0) return runtime.at(runtime.now() + Math.ceil(ms), go);
    runtime.turn(go);
    return undefined;
  });
}

function unreadable(cause: unknown): ChronowError {
  return new ChronowError('WARM_FAILED', 'the copies in the warm tier could not be read', { cause, retryable: !isChronowError(cause) || cause.retryable });
}

function stopped({ topic, subscription }: SubscriptionRef, { replayed, seen, upTo }: ReplayProgress, cause: unknown): ChronowError {
  // Only its kind: the text of somebody else's error may hold what is in a message.
  const reason = isChronowError(cause) ? cause.message : cause instanceof Error ? `a ${cause.name} was thrown` : 'something was thrown';
  return new ChronowError('REPLAY_STOPPED', `the replay of ${topic}/${subscription} stopped after ${String(replayed)} messages: ${reason}. The same call again puts back what is missing; what is not settled is not doubled.`, {
    cause,
    details: { replayed, seen, upTo },
    retryable: isChronowError(cause) && cause.retryable,
  });
}
