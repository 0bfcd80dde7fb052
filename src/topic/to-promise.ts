import type { Observable } from 'rxjs';
import { ChronowError } from '../errors.js';

/**
 * The promise form of a one-shot command: started at once, not on await. Giving up by `signal` does not take back what was
 * sent: the command goes on, only nobody waits for it.
 */
export function toPromise<T>(command: Observable<T>, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      reject(new ChronowError('ABORTED', 'the call was given up by its signal; whether it was carried out is unknown', { cause: signal?.reason }));
    };
    if (signal?.aborted === true) {
      giveUp();
      return;
    }
    signal?.addEventListener('abort', giveUp, { once: true });
    const settled = (): void => { signal?.removeEventListener('abort', giveUp); };
    let answered = false;
    command.subscribe({
      next: (value) => {
        answered = true;
        settled();
        resolve(value);
      },
      error: (error: unknown) => {
        settled();
        reject(error instanceof Error ? error : new ChronowError('LINK_LOST', 'the backend failed with something that is no Error', { cause: error }));
      },
      complete: () => {
        settled();
        if (!answered) reject(new ChronowError('CLOSED', 'the client was closed before the backend answered'));
      },
    });
  });
}
