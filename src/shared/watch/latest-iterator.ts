import type { Observable, Unsubscribable } from 'rxjs';

/**
 * A `for await` loop over a value that changes: each step gets the newest value, once; what came and went while the loop was busy is
 * passed over. Leaving the loop unsubscribes.
 */
export class LatestIterator<V> implements AsyncIterableIterator<V, undefined> {
  readonly #source: Observable<V>;
  readonly #steps: { readonly resolve: (step: IteratorResult<V, undefined>) => void; readonly reject: (error: unknown) => void }[] = [];
  #newest: { readonly value: V } | undefined = undefined;
  #failed: { readonly error: unknown } | undefined = undefined;
  #subscription: Unsubscribable | undefined = undefined;
  #isOver = false;

  constructor(source: Observable<V>) {
    this.#source = source;
  }

  /** Subscribes with the first step. */
  next(): Promise<IteratorResult<V, undefined>> {
    return new Promise((resolve, reject) => {
      this.#steps.push({ resolve, reject });
      if (!this.#isOver) this.#subscription ??= this.#source.subscribe({
        next: (value) => {
          this.#newest = { value };
          this.#answer();
        },
        error: (error: unknown) => {
          this.#failed = { error };
          this.#isOver = true;
          this.#answer();
        },
        complete: () => {
          this.#isOver = true;
          this.#answer();
        },
      });
      this.#answer();
    });
  }

  return(): Promise<IteratorResult<V, undefined>> {
    this.#isOver = true;
    this.#newest = undefined;
    this.#subscription?.unsubscribe();
    this.#answer();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #answer(): void {
    while (this.#steps.length > 0) {
      if (this.#newest === undefined && !this.#isOver) return;
      const step = this.#steps.shift();
      if (this.#newest !== undefined) step?.resolve({ done: false, value: this.#newest.value });
      else if (this.#failed !== undefined) step?.reject(this.#failed.error);
      else step?.resolve({ done: true, value: undefined });
      if (this.#newest === undefined) this.#failed = undefined;
      this.#newest = undefined;
    }
  }
}
