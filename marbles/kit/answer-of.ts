import type { Observable } from 'rxjs';

/** What the broker answers within the call; undefined where it refuses, as for a topic that was deleted meanwhile. */
export function answerOf<T>(call: Observable<T>): T | undefined {
  let answer: T | undefined;
  call.subscribe({ next: (value) => { answer = value; }, error: () => { answer = undefined; } });
  return answer;
}
