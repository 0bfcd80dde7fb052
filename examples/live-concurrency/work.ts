import { defer, filter, finalize, map, Subject, take, tap, timer, type Observable } from 'rxjs';

/** One piece of work: an image that needs a thumbnail. */
export interface Image {
  readonly name: string;
}

/** Work that takes a while, and what is known of it. */
export class Thumbnails {
  /** How often each image was finished. */
  readonly finished = new Map<string, number>();
  /** Work that was begun and given up. */
  interrupted = 0;
  /** Work that goes on now. */
  running = 0;
  /** The most that went on at once since the last `resetPeak()`. */
  peak = 0;
  readonly #finished$ = new Subject<string>();

  make$({ name }: Image): Observable<string> {
    return defer(() => {
      let done = false;
      this.running += 1;
      this.peak = Math.max(this.peak, this.running);
      return timer(40).pipe(
        map(() => `${name}.thumbnail`),
        tap({ complete: () => { done = true; } }),
        finalize(() => {
          this.running -= 1;
          if (done) this.#finish(name);
          else this.interrupted += 1;
        }),
      );
    });
  }

  /** Emits once `count` different images are finished, and completes. */
  reached$(count: number): Observable<string> {
    return this.#finished$.pipe(filter(() => this.finished.size >= count), take(1));
  }

  resetPeak(): void {
    this.peak = this.running;
  }

  #finish(name: string): void {
    this.finished.set(name, (this.finished.get(name) ?? 0) + 1);
    this.#finished$.next(name);
  }
}
