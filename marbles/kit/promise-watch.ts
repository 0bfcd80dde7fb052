/** What a promise is made of. */
type Executors = ConstructorParameters<typeof Promise<unknown>>;

/**
 * Tells when somebody makes a promise, or waits for one, while virtual time runs: nothing that depends on it can happen before
 * the test is over, and an expectation of nothing would pass. All of it is synchronous, so nobody else's promises are met.
 */
export class PromiseWatch {
  readonly #seen: (where: string) => void;
  #paused = false;

  constructor(seen: (where: string) => void) {
    this.#seen = seen;
  }

  during<R>(work: () => R): R {
    const real = Promise;
    const then = Object.getOwnPropertyDescriptor(real.prototype, 'then');
    const original: unknown = then?.value;
    if (then === undefined || typeof original !== 'function') return work();
    const note = (): void => { this.#note(); };
    const watched = new Proxy(real, {
      construct: (target, [executor]: Executors, newTarget) => {
        note();
        const made: unknown = Reflect.construct(target, [executor], newTarget);
        if (made instanceof real) return made;
        throw new TypeError('a class that is no promise was made as one');
      },
    });
    Reflect.defineProperty(real.prototype, 'then', {
      ...then,
      value(this: unknown, ...args: readonly unknown[]): unknown {
        note();
        return Reflect.apply(original, this, args);
      },
    });
    globalThis.Promise = watched;
    try {
      return work();
    } finally {
      globalThis.Promise = real;
      Reflect.defineProperty(real.prototype, 'then', then);
    }
  }

  /** Promises that are ours. */
  readonly pause = (work: () => void): void => {
    this.#paused = true;
    try {
      work();
    } finally {
      this.#paused = false;
    }
  };

  #note(): void {
    if (!this.#paused) this.#seen(callerOf(new Error('here').stack ?? ''));
  }
}

/** Where this package lies: its own lines say nothing of the mistake. */
const own = new URL('../..', import.meta.url).pathname;
const rooms = ['src/', 'operators/', 'marbles/'].map((room) => `${own}${room}`);

/** The first line of a stack that is neither this package nor RxJS. */
function callerOf(stack: string): string {
  const lines = stack.split('\n').slice(1).map((line) => line.trim().replace(/^at /, ''));
  return lines.find((line) => !rooms.some((room) => line.includes(room)) && !/[\\/]rxjs[\\/]|node:internal|^new Promise|^Reflect\.|<anonymous>\)?$/.test(line)) ?? 'somewhere';
}
