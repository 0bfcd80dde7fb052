import type { Subscription as Subscribed } from 'rxjs';
import type { Custodian, LeaseCell } from '../subscription/lease-cell.js';
import type { Delivery } from '../subscription/delivery.js';
import { DeliveryView } from '../subscription/delivery-view.js';
import type { DeliverySource } from '../subscription/delivery-source.js';
import { Fifo } from '../subscription/fifo.js';

/** Answers for messages between the source and the user's loop. */
class LoopCustodian implements Custodian {
  readonly renews: boolean;
  readonly yields: boolean;
  readonly handSettles: boolean;
  readonly #held = new Set<LeaseCell>();

  constructor(fate: { readonly renews: boolean; readonly handed: boolean }) {
    this.renews = fate.renews;
    this.yields = !fate.handed;
    this.handSettles = fate.handed;
  }

  take(cell: LeaseCell): boolean {
    if (!cell.take(this)) return false;
    this.#held.add(cell);
    return true;
  }

  /** Hands everything back; resolves when the backend has confirmed it. */
  async releaseAll(): Promise<void> {
    await Promise.all([...this.#held].map((cell) => new Promise<void>((resolve) => {
      if (!cell.settle('release', { settled: () => { resolve(); } })) resolve();
    })));
  }

  lost(cell: LeaseCell): void {
    this.#held.delete(cell);
  }

  leaseLimit(cell: LeaseCell): void {
    cell.settle('retry', undefined);
  }

  revoke(cell: LeaseCell, what: 'unstarted' | 'running'): void {
    if (this.yields || what === 'running') cell.settle('release', undefined);
  }

  settling(): void {
    // The loop settles one by one.
  }

  ended(cell: LeaseCell): void {
    this.#held.delete(cell);
  }
}

interface Waiting<T> {
  readonly resolve: (result: IteratorResult<Delivery<T>, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The async iterator of `bus.consume()`, over the same source as everything else. Reading begins with the first `next()`. One
 * message is in hand at a time unless `prefetch` says otherwise: the next one comes when it is settled, or its lease is over.
 * Leaving the loop (break, return, throw) hands back what is not settled.
 */
export class ConsumedMessages<T> implements AsyncIterableIterator<Delivery<T>, undefined> {
  readonly #source: DeliverySource<T>;
  readonly #queued = new LoopCustodian({ renews: true, handed: false });
  readonly #handed: LoopCustodian;
  readonly #ready = new Fifo<Delivery<T>>();
  readonly #waiting = new Fifo<Waiting<T>>();
  readonly #signal: AbortSignal | undefined;
  #reading: Subscribed | undefined = undefined;
  #done = false;
  #error: { readonly error: unknown } | undefined = undefined;

  constructor(source: DeliverySource<T>, options: { readonly autoRenew: boolean; readonly signal: AbortSignal | undefined }) {
    this.#source = source;
    this.#handed = new LoopCustodian({ renews: options.autoRenew, handed: true });
    this.#signal = options.signal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Delivery<T>, undefined>> {
    if (this.#signal?.aborted === true) return this.return();
    this.#reading ??= this.#read();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#serve();
    });
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#signal?.removeEventListener('abort', this.#leave);
    this.#done = true;
    this.#reading?.unsubscribe();
    this.#serve();
    await Promise.all([this.#queued.releaseAll(), this.#handed.releaseAll()]);
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorReturnResult<undefined>> {
    await this.return();
    throw error;
  }

  readonly #leave = (): void => {
    void this.return();
  };

  #read(): Subscribed {
    this.#signal?.addEventListener('abort', this.#leave, { once: true });
    return this.#source.subscribe({
      next: (delivery) => {
        if (!this.#queued.take(DeliveryView.cellOf(delivery))) return;
        this.#ready.push(delivery);
        this.#serve();
      },
      error: (error: unknown) => {
        this.#error = { error };
        this.#serve();
      },
      complete: () => {
        this.#done = true;
        this.#serve();
      },
    });
  }

  #serve(): void {
    while (this.#waiting.size > 0) {
      const delivery = this.#done ? undefined : this.#ready.shift();
      if (delivery !== undefined) {
        // One whose lease was lost while it waited is passed over: it comes again.
        if (this.#handed.take(DeliveryView.cellOf(delivery))) this.#waiting.shift()?.resolve({ done: false, value: delivery });
      } else if (this.#error !== undefined) {
        this.#waiting.shift()?.reject(this.#error.error);
      } else if (this.#done) {
        this.#waiting.shift()?.resolve({ done: true, value: undefined });
      } else {
        return;
      }
    }
  }
}
