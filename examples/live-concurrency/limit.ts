import type { Chronow } from 'chronow';
import { ackOnComplete } from 'chronow/operators';
import { concatMap, distinctUntilChanged, EMPTY, map, merge, of, shareReplay, timer, type Observable } from 'rxjs';

const key = 'workers.limit';
const changes = 'settings.changed';
const rereadMs = 1_000;

/** Stores the limit and tells every process that follows it. */
export async function setLimit(cw: Chronow, limit: number): Promise<void> {
  await cw.shared.set(key, limit);
  await cw.topic<{ readonly key: string }>(changes).publish({ key });
}

/**
 * The shared limit as a live value: read again whenever a message says that it changed, and every second in case one was
 * missed. The subscription has no name: each process has its own, and it is gone with the process.
 */
export function limitOf(cw: Chronow): Observable<number> {
  const told$ = cw.topic<{ readonly key: string }>(changes).subscription().pipe(
    ackOnComplete(({ payload }) => (payload.key === key ? of(key) : EMPTY)),
  );
  return merge(timer(0, rereadMs), told$).pipe(
    concatMap(() => cw.shared.get$<number>(key)),
    map((limit) => limit ?? 1),
    distinctUntilChanged(),
    shareReplay({ bufferSize: 1, refCount: true }),
  );
}
