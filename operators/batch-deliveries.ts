import { Observable, type OperatorFunction, type Subscriber } from 'rxjs';
import { checkOptions, type OptionRules } from '../src/options/check-options.js';
import { number, wholeNumber } from '../src/options/rules.js';
import type { CancelTimer } from '../src/port/runtime.js';
import type { Delivery } from '../src/subscription/delivery.js';
import { DeliveryView } from '../src/subscription/delivery-view.js';
import type { CellOwner } from '../src/subscription/lease-cell.js';
import { Batch } from './work/batch.js';
import { Keeper } from './work/keeper.js';
import { cellOf } from './work/cell-of.js';

/** Options of {@link batchDeliveries}. */
export interface BatchOptions {
  /** The most deliveries in a batch, 1 or more. One above the subscription's window can never fill and is clamped to it, with an `option-clamped` event. */
  readonly maxSize: number;
  /** The longest time the first one waits for others, ms, 0 or more. */
  readonly maxWaitMs: number;
}

const rules: OptionRules = {
  maxSize: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  maxWaitMs: number(0, Number.MAX_SAFE_INTEGER, 'milliseconds'),
};
/** What is missing is refused like what is out of range. */
const required = { maxSize: NaN, maxWaitMs: NaN };

/**
 * Makes one delivery of several: the work gets their payloads as an array, and they are settled together.
 *
 * ```text
 * deliveries                                      a-b-c-------|
 * batchDeliveries({ maxSize: 2, maxWaitMs: 3 })   --x----y----|      x = [a, b], full; y = [c], after maxWaitMs
 * ```
 *
 * A batch goes out when it is full, when `maxWaitMs` are over, when the window is full, and when the source completes. The
 * members are renewed from the moment they arrive. `deliveryCount` is the highest of them. The batch is `Lost` only when all
 * of them are; one that is lost alone is delivered again by itself. Batches of an ordered subscription are worked on one after
 * the other.
 *
 * next: batches. error: passes, collected deliveries are released. complete: passes after the last batch. unsubscribe:
 * collected deliveries are released.
 *
 * @throws ChronowError `OPTION_INVALID` at the call.
 *
 * @example
 * ```ts
 * readings.subscription('store').pipe(batchDeliveries({ maxSize: 100, maxWaitMs: 50 }), ackOnComplete((batch) => insertMany(batch.payload)))
 * ```
 */
export function batchDeliveries<T>(options: BatchOptions): OperatorFunction<Delivery<T>, Delivery<readonly T[]>> {
  checkOptions('batchDeliveries', { ...required, ...options }, rules);
  return (source) => new Observable((out) => {
    const collector = new Collector<T>(options, out);
    out.add(() => { collector.release(); });
    out.add(source.subscribe({
      next: (delivery) => { collector.take(delivery); },
      error: (error: unknown) => { out.error(error); },
      complete: () => {
        collector.flush();
        out.complete();
      },
    }));
  });
}

class Collector<T> {
  readonly #options: BatchOptions;
  readonly #out: Subscriber<Delivery<readonly T[]>>;
  // Yields, so that the batch can take over what was collected.
  readonly #keeper = new Keeper({ yields: true, onGone: () => undefined });
  #collected: Delivery<T>[] = [];
  #timer: CancelTimer | undefined = undefined;
  #size: number | undefined = undefined;

  constructor(options: BatchOptions, out: Subscriber<Delivery<readonly T[]>>) {
    this.#options = options;
    this.#out = out;
  }

  take(delivery: Delivery<T>): void {
    const cell = cellOf(delivery, this.#out);
    if (cell === undefined || !this.#keeper.take(cell)) return;
    const { owner } = cell;
    this.#size ??= this.#sizeFor(owner);
    this.#collected.push(delivery);
    if (this.#collected.length >= this.#size || owner.windowFull) this.flush();
    else this.#timer ??= owner.runtime.at(owner.runtime.now() + this.#options.maxWaitMs, () => { this.flush(); });
  }

  flush(): void {
    this.#timer?.();
    this.#timer = undefined;
    const collected = this.#collected.filter((delivery) => this.#keeper.has(DeliveryView.cellOf(delivery)));
    this.#collected = [];
    const [first, ...rest] = collected.map((delivery) => DeliveryView.cellOf(delivery));
    if (first === undefined) return;
    const batch = new Batch([first, ...rest]);
    this.#out.next(new DeliveryView(batch.cell, collected.map((delivery) => delivery.payload)));
  }

  release(): void {
    this.#timer?.();
    this.#keeper.releaseAll();
  }

  /** A batch larger than the window would wait for deliveries that cannot come. */
  #sizeFor(owner: CellOwner): number {
    const { maxSize } = this.#options;
    if (maxSize <= owner.window) return maxSize;
    owner.report({ type: 'option-clamped', option: 'batchDeliveries.maxSize', asked: maxSize, used: owner.window, reason: `the subscription's window (maxInFlight) is ${String(owner.window)}` });
    return owner.window;
  }
}
