import { forkJoin, map, of, type Observable } from 'rxjs';
import type { BatchItem } from './options.js';
import type { PayloadCoder } from './payload-coder.js';

/** Every payload as its schema makes it, before anything is sent. */
export function allChecked<T>(items: readonly BatchItem<T>[], coder: PayloadCoder<T>): Observable<readonly BatchItem<T>[]> {
  if (!coder.hasSchema) return of(items);
  return forkJoin(items.map((item) => coder.checked(item.payload).pipe(map((payload) => ({ ...item, payload })))));
}
