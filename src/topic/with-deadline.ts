import { Observable } from 'rxjs';
import type { Runtime } from '../port/runtime.js';

/** `command`, or the error that `late` makes when it has not answered within `ms`. */
export function withDeadline<T>(command: Observable<T>, runtime: Runtime, ms: number, late: () => Error): Observable<T> {
  return new Observable((subscriber) => {
    subscriber.add(runtime.at(runtime.now() + ms, () => { subscriber.error(late()); }));
    subscriber.add(command.subscribe(subscriber));
  });
}
