import { BehaviorSubject, type Observable } from 'rxjs';
import type { ChronowError } from '../../errors.js';
import type { LinkStatus } from '../../port/events.js';

/** The state of the link, as everybody may see it. */
export class LinkState {
  readonly #status$ = new BehaviorSubject<LinkStatus>({ state: 'connecting' });
  readonly status$: Observable<LinkStatus> = this.#status$.asObservable();

  get now(): LinkStatus {
    return this.#status$.value;
  }

  ready(): void {
    if (this.#status$.value.state !== 'ready') this.#set({ state: 'ready' });
  }

  reconnecting(attempt: number, error: ChronowError): void {
    this.#set({ state: 'reconnecting', attempt, error });
  }

  /** It does not complete: who comes later sees that it is closed, too. */
  closed(): void {
    this.#set({ state: 'closed' });
  }

  #set(status: LinkStatus): void {
    if (this.#status$.value.state !== 'closed') this.#status$.next(status);
  }
}
