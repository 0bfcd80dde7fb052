import { fromEventPattern, map, merge, shareReplay, take, type Observable } from 'rxjs';

const signals = ['SIGINT', 'SIGTERM'] as const;
export type StopSignal = (typeof signals)[number];

/** What gets signals: `process`. */
export interface SignalTarget {
  on(signal: string, listener: () => void): unknown;
  off(signal: string, listener: () => void): unknown;
}

/**
 * The first of Ctrl-C and its like, also for those who ask after it came. It takes the listeners off, so that the second
 * one ends the process as always.
 */
export function stopSignal(target: SignalTarget): Observable<StopSignal> {
  const sent$ = signals.map((signal) => fromEventPattern((listener) => target.on(signal, listener), (listener) => target.off(signal, listener)).pipe(map(() => signal)));
  return merge(...sent$).pipe(
    take(1),
    // Not counted by reference: whoever waits now leaves with the signal, and the next one must still learn of it.
    shareReplay({ bufferSize: 1, refCount: false }),
  );
}
