import { EMPTY, catchError, concatMap, from, ignoreElements, of, type Observable, type Subscription, type Unsubscribable } from 'rxjs';
import type { Broker } from '../../port/broker.js';
import type { KeyStore } from '../../port/key-store.js';
import type { Scope } from '../../port/names.js';
import type { CancelTimer, Runtime } from '../../port/runtime.js';
import { isOutlived, leaseMs } from './guard.js';
import { Holding, close } from './holding.js';
import { closedRecord, recordFrom, recordKey, sweepKey, type GuardRecord } from './record.js';
import type { Reconciling } from './reconciling.js';
import { Register } from './register.js';

/** How often a client looks whether it is time to look for records, ms; chance spreads it. */
const lookMs = 10_000;
/** The first time soon after its begin: the one that died may be the one that is there again. */
const firstLookMs = 1_000;
/** So long after one client looked no other need, ms. */
const restMs = 8_000;
/** A closed name is remembered for so long, ms: nobody's write is under way for longer. */
const closedMs = 600_000;

export interface SweeperParts {
  readonly broker: Pick<Broker, 'keys' | 'capabilities'>;
  readonly runtime: Runtime;
  readonly scope: Scope;
  readonly reconciling: Reconciling;
}

/** Looks for records whose owner is gone, and has what they name brought to the warm tier. One client of all at a time looks, one reconciles a record. */
export class Sweeper implements Unsubscribable {
  readonly #parts: SweeperParts;
  readonly #keys: KeyStore;
  readonly #register: Register;
  #timer: CancelTimer | undefined = undefined;
  #work: Subscription | undefined = undefined;

  constructor(parts: SweeperParts) {
    this.#parts = parts;
    this.#keys = parts.broker.keys;
    this.#register = new Register(parts.broker.keys, parts.scope);
  }

  begin(): Unsubscribable {
    if (isOutlived(this.#parts.broker)) this.#again(firstLookMs);
    return this;
  }

  unsubscribe(): void {
    this.#timer?.();
    this.#work?.unsubscribe();
  }

  #again(ms: number): void {
    const { runtime } = this.#parts;
    this.#timer = runtime.at(runtime.now() + ms * (0.75 + runtime.random() / 2), () => {
      this.#work = this.#sweep().subscribe({ error: () => { this.#again(lookMs); }, complete: () => { this.#again(lookMs); } });
    });
  }

  #sweep(): Observable<never> {
    const key = sweepKey(this.#parts.scope);
    return this.#keys.get(key).pipe(
      concatMap(({ body, revision }) => (body === undefined ? this.#keys.set({ key, body: '1', ttlMs: restMs, expectedRevision: revision }) : EMPTY)),
      concatMap(({ written, state }) => (written ? this.#look(state.revision / 1_000) : EMPTY)),
    );
  }

  /** `now` is the backend's. */
  #look(now: number): Observable<never> {
    return this.#register.names().pipe(
      concatMap((names) => from(names)),
      // Whatever is wrong with one record, the others have their turn.
      concatMap((name) => this.#check(name, now).pipe(catchError(() => EMPTY))),
    );
  }

  #check(name: string, now: number): Observable<never> {
    const key = recordKey(this.#parts.scope, name);
    return this.#keys.get(key).pipe(concatMap(({ body, revision }) => {
      const writtenAt = revision / 1_000;
      if (now - writtenAt <= leaseMs) return EMPTY;
      if (body === undefined || body === closedRecord) return close(this.#keys, key, revision, closedMs).pipe(concatMap((isClosed) => (isClosed ? this.#register.remove(name) : EMPTY)), ignoreElements());
      const record = recordFrom(body);
      // A later version's: it is theirs to do.
      if (record === undefined) return EMPTY;
      return Holding.take(this.#keys, key, revision, dated(record, writtenAt)).pipe(concatMap((holding) => (holding === undefined ? EMPTY : this.#reconcile(name, holding))));
    }));
  }

  #reconcile(name: string, holding: Holding): Observable<never> {
    return this.#parts.reconciling.run(holding).pipe(
      concatMap((isDone) => (isDone ? holding.drop().pipe(concatMap(() => this.#register.remove(name))) : of(undefined))),
      ignoreElements(),
    );
  }
}

/** What was owed since the record was written has its time now, before somebody else writes it. */
function dated({ messages, values, more, ...rest }: GuardRecord, writtenAt: number): GuardRecord {
  return {
    ...rest,
    messages: messages.map((one) => ({ ...one, since: one.since ?? writtenAt })),
    values: values.map((one) => ({ ...one, since: one.since ?? writtenAt })),
    more: more === undefined ? undefined : { since: more.since ?? writtenAt },
  };
}
