import { concat, concatMap, filter, from, map, throwError, type Observable, type Unsubscribable } from 'rxjs';
import { ChronowError } from '../errors.js';
import type { Broker } from '../port/broker.js';
import type { SubscriptionRef } from '../port/names.js';
import type { Runtime } from '../port/runtime.js';
import { deadLetterLane } from './lanes.js';
import type { WarmTier } from './warm-tier.js';

/** Dead letters are looked for among so many of a subscription. */
const maxPeek = 10_000;

/** Copies what dies to the warm tier: all of one subscription that died in one instant with one look. */
export class DeadLetterCopies {
  readonly #broker: Broker;
  readonly #runtime: Runtime;
  readonly #warm: WarmTier;
  readonly #died = new Map<string, { readonly ref: SubscriptionRef; readonly ids: Set<string> }>();

  constructor(broker: Broker, runtime: Runtime, warm: WarmTier) {
    this.#broker = broker;
    this.#runtime = runtime;
    this.#warm = warm;
  }

  begin(): Unsubscribable {
    return this.#broker.events$.subscribe({
      next: (event) => { if (event.type === 'dead-lettered') this.#note(event.subscription, event.id); },
      // Shown by whoever looks at the events.
      error: () => undefined,
    });
  }

  #note(ref: SubscriptionRef, id: string): void {
    const lane = deadLetterLane(ref);
    const found = this.#died.get(lane);
    if (found !== undefined) {
      found.ids.add(id);
      return;
    }
    const ids = new Set([id]);
    this.#died.set(lane, { ref, ids });
    const announced = this.#warm.announce();
    this.#runtime.soon(() => {
      this.#died.delete(lane);
      this.#warm.send({ work: 'dead-letter', of: ref, lane, isReplaceable: false, write: () => this.#copy(ref, ids) }, false).subscribe({ error: () => undefined });
      announced();
    });
  }

  #copy(ref: SubscriptionRef, ids: ReadonlySet<string>): Observable<void> {
    const { store, defaults: { retentionDays } } = this.#warm;
    return this.#broker.inspection.peekDeadLetters(ref, maxPeek).pipe(
      map((records) => records.filter(({ message }) => ids.has(message.id))),
      concatMap((records) => {
        const copied = from(records).pipe(concatMap((record) => store.saveDeadLetter(ref, record, retentionDays)));
        return records.length === ids.size ? copied : concat(copied, throwError(() => missing(ref, ids.size - records.length)));
      }),
      filter(() => false),
    );
  }
}

function missing({ topic, subscription }: SubscriptionRef, count: number): ChronowError {
  return new ChronowError('WARM_FAILED', `${String(count)} dead letters of ${topic}/${subscription} were gone, or behind the first ${String(maxPeek)}, when they were to be copied`, { details: { count } });
}
