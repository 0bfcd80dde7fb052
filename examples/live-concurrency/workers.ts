import type { Topic } from 'chronow';
import { ackOnComplete, drainOn, retryWithBackoff, toDeadLetter, type Message } from 'chronow/operators';
import { concatMap, filter, pipe, repeat, switchMap, take, type Observable } from 'rxjs';
import type { Image, Thumbnails } from './work.js';

export interface WorkersSetup {
  readonly images: Topic<Image>;
  readonly thumbnails: Thumbnails;
  readonly limit$: Observable<number>;
  /** Told whenever work begins under a limit. */
  readonly onLimit: (limit: number) => void;
}

/** A change of the limit lets running work finish, then goes on with the new one: nothing is done twice. */
export function finishingWorkers({ images, thumbnails, limit$, onLimit }: WorkersSetup): Observable<unknown> {
  return limit$.pipe(
    take(1),
    concatMap((limit) => {
      onLimit(limit);
      return images.subscription('thumbnails', { maxInFlight: 2 * limit }).pipe(
        drainOn(limit$.pipe(filter((now) => now !== limit))),
        work(thumbnails, limit),
      );
    }),
    repeat(),
  );
}

/** A change of the limit takes effect at once: running work is stopped and its messages handed back, the attempt refunded. */
export function yieldingWorkers({ images, thumbnails, limit$, onLimit }: WorkersSetup): Observable<unknown> {
  return limit$.pipe(
    switchMap((limit) => {
      onLimit(limit);
      return images.subscription('thumbnails', { maxInFlight: 2 * limit }).pipe(work(thumbnails, limit));
    }),
  );
}

function work(thumbnails: Thumbnails, concurrency: number) {
  return pipe(
    ackOnComplete((message: Message<Image>) => thumbnails.make$(message.payload), { concurrency }),
    retryWithBackoff({ initialMs: 100 }),
    toDeadLetter(),
  );
}
