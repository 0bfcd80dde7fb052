import { EMPTY, concatMap, defer, map, type Observable } from 'rxjs';
import { isChronowError } from '../errors.js';
import type { ConsumerLink } from '../port/delivery-store.js';
import type { SubscriptionRef } from '../port/names.js';
import type { CancelTimer, Runtime } from '../port/runtime.js';
import { BackoffTimer } from './backoff-timer.js';
import type { Stoppable } from './consumer-registry.js';

/** What opens a line, and what hears of it. */
export interface LineOpening {
  readonly runtime: Runtime;
  readonly register: (opener: Stoppable) => () => void;
  /** Creates what must be there and names the subscription. */
  readonly prepare: () => Observable<SubscriptionRef>;
  readonly attach: (ref: SubscriptionRef) => Observable<ConsumerLink>;
  /** Once, also after `stop`: a line that opens late must still be closed. */
  readonly opened: (link: ConsumerLink, ref: SubscriptionRef) => void;
  readonly failed: (error: unknown) => void;
  /** The client closes before there is a line. */
  readonly drained: () => void;
}

/**
 * Opens a consumer's line, again and again while the backend does not answer: who subscribes during an outage consumes after
 * it, unaided, as does who had subscribed before.
 */
export class LineOpener implements Stoppable {
  readonly #opening: LineOpening;
  readonly #backoff: BackoffTimer;
  readonly #unregister: () => void;
  #letGo: CancelTimer | undefined = undefined;
  #asking = false;
  #stopped = false;

  constructor(opening: LineOpening) {
    this.#opening = opening;
    this.#backoff = new BackoffTimer(opening.runtime, 100, 5_000);
    this.#unregister = opening.register(this);
  }

  open(): void {
    const { prepare, attach, opened } = this.#opening;
    this.#asking = true;
    const line = defer(prepare).pipe(concatMap((ref) => (this.#stopped ? EMPTY : attach(ref).pipe(map((link) => ({ link, ref }))))));
    line.subscribe({
      next: ({ link, ref }) => {
        opened(link, ref);
        this.#end();
      },
      error: (error: unknown) => { this.#failed(error); },
      complete: () => { this.#end(); },
    });
  }

  /** Nobody wants the line any more. */
  stop(): void {
    this.#stopped = true;
    this.#backoff.cancel();
    if (!this.#asking) this.#end();
  }

  drain(): void {
    if (!this.#stopped) this.#opening.drained();
    this.stop();
  }

  revokeAll(): void {
    // Nothing is held yet.
  }

  #failed(error: unknown): void {
    this.#asking = false;
    if (!this.#stopped && isChronowError(error) && error.retryable) {
      // A timer alone does not keep the process, and somebody waits for messages.
      this.#letGo ??= this.#opening.runtime.stayAlive();
      this.#backoff.retry(() => { this.open(); });
      return;
    }
    this.#end();
    if (!this.#stopped) this.#opening.failed(error);
  }

  #end(): void {
    this.#asking = false;
    this.#letGo?.();
    this.#letGo = undefined;
    this.#unregister();
  }
}
