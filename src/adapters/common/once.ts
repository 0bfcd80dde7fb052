import { Observable } from 'rxjs';

/** A call of the port: it begins with subscribe, answers once, and goes on whoever unsubscribes. */
export function once<T>(work: () => Promise<T>): Observable<T> {
  return new Observable((subscriber) => {
    work().then(
      (answer) => {
        subscriber.next(answer);
        subscriber.complete();
      },
      (error: unknown) => { subscriber.error(error); },
    );
  });
}

/** The one answer of a call; undefined is the answer of a call that gives none. */
export function firstOf<T>(call: Observable<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    call.subscribe({ next: resolve, error: reject });
  });
}
