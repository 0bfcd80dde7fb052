import { Observable, type Subscription } from 'rxjs';
import type { WatchSignal } from '../../../src/port/watch-source.js';
import type { Journey, Line } from './line.js';

/**
 * A watch over a line: signals keep their order; a cut line is `stale`, and once it is back the watch begins anew, which reads
 * again. What was on its way over the old connection is dropped with it.
 */
export function watchOver(line: Line, watch: Observable<WatchSignal>): Observable<WatchSignal> {
  return new Observable((out) => {
    let served: Subscription | undefined;
    let connection = 0;
    let lastArrival = 0;
    const hear = (number: number, signal: WatchSignal): void => {
      lastArrival = Math.max(lastArrival, line.world.time + line.delay());
      line.world.at(lastArrival, () => {
        if (number === connection && !line.sky.cut) line.process.arrive(() => { if (number === connection) out.next(signal); });
      });
    };
    const connect = (): void => {
      if (out.closed || line.process.isGone) return;
      if (line.sky.cut || line.fate('watch') !== 'arrives') {
        line.process.after(line.whole(10, 200), connect);
        return;
      }
      const number = (connection += 1);
      line.world.after(line.delay(), () => {
        if (number === connection) served = watch.subscribe((signal) => { hear(number, signal); });
      });
    };
    const journey: Journey = {
      cut: () => {
        connection += 1;
        served?.unsubscribe();
        served = undefined;
        out.next({ kind: 'status', status: 'stale' });
        line.process.after(line.whole(10, 200), connect);
      },
      gone: () => {
        connection += 1;
        served?.unsubscribe();
      },
    };
    line.journeys.add(journey);
    connect();
    return () => {
      line.journeys.delete(journey);
      connection += 1;
      served?.unsubscribe();
    };
  });
}
