import type { Timestamp } from 'mongodb';
import { Observable } from 'rxjs';
import type { KeyFilter, KeyHint } from '../connection/hints.js';
import type { MongoStore } from '../connection/store.js';

/** Something happened to a document. */
export type KeyEvent = Extract<KeyHint, { readonly kind: 'change' | 'delete' }>;

/** `subscribed`: every later change comes; what is there is to be read. `lost`: none does. */
export type KeySignal = { readonly kind: 'subscribed' } | { readonly kind: 'lost' } | { readonly kind: 'message'; readonly event: KeyEvent };

/** Changes of some keys, and the time from which a read meets them. */
export class KeyLine {
  readonly signals$: Observable<KeySignal>;
  #at: Timestamp | undefined = undefined;

  constructor({ hints }: Pick<MongoStore, 'hints'>, filter: KeyFilter) {
    this.signals$ = new Observable((subscriber) => {
      let isDown = true;
      return hints.keys(filter).subscribe({
        next: (hint) => {
          if (hint.kind !== 'stale' && hint.at !== undefined) this.#at = hint.at;
          if (hint.kind === 'live') {
            // Told again without a gap: nothing to read.
            if (isDown || hint.missed) subscriber.next({ kind: 'subscribed' });
            isDown = false;
          } else if (hint.kind === 'stale') {
            isDown = true;
            subscriber.next({ kind: 'lost' });
          } else subscriber.next({ kind: 'message', event: hint });
        },
        // It has none; whoever adds one is to notice.
        error: (error: unknown) => { subscriber.error(error); },
        complete: () => { subscriber.complete(); },
      });
    });
  }

  /** A read from this time on has everything that came before. undefined: none is known, and a read must be of now. */
  get at(): Timestamp | undefined {
    return this.#at;
  }
}
