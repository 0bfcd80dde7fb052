import { defer, type Observable } from 'rxjs';
import { ChronowError, isChronowError } from '../errors.js';
import type { CoreEvent } from '../port/core-events.js';
import type { SubscriptionRef } from '../port/names.js';
import type { CancelTimer, Runtime } from '../port/runtime.js';
import type { SettledDelivery } from '../port/warm-store.js';
import { deliveryLane } from './lanes.js';
import type { WarmTier } from './warm-tier.js';

/** The most records that wait, of all subscriptions of a client; beyond it the oldest go. */
const maxWaiting = 10_000;
/** The most records of one write. */
const maxBatch = 500;
/** Records that were dropped are told at most so often, ms. */
const tellMs = 1_000;

interface Line {
  readonly ref: SubscriptionRef;
  waiting: SettledDelivery[];
  isUnderWay: boolean;
  dropped: number;
  telling: CancelTimer | undefined;
}

/** Records of settled deliveries on their way to the warm tier, behind the settlements: those that come during a write go together. */
export class DeliveryRecords {
  readonly #warm: WarmTier;
  readonly #runtime: Runtime;
  readonly #report: (event: CoreEvent) => void;
  readonly #lines = new Map<string, Line>();
  #waiting = 0;

  constructor(warm: WarmTier, runtime: Runtime, report: (event: CoreEvent) => void) {
    this.#warm = warm;
    this.#runtime = runtime;
    this.#report = report;
  }

  keep(ref: SubscriptionRef, settled: readonly SettledDelivery[]): void {
    const name = deliveryLane(ref);
    let line = this.#lines.get(name);
    if (line === undefined) this.#lines.set(name, (line = { ref, waiting: [], isUnderWay: false, dropped: 0, telling: undefined }));
    line.waiting.push(...settled);
    this.#waiting += settled.length;
    while (this.#waiting > maxWaiting) this.#drop(this.#longest(line), this.#waiting - maxWaiting);
    if (!line.isUnderWay) this.#send(name, line);
  }

  #send(name: string, line: Line): void {
    let batch: readonly SettledDelivery[] | undefined;
    line.isUnderWay = true;
    const { store, defaults: { retentionDays } } = this.#warm;
    const write = (): Observable<void> => defer(() => store.saveDeliveries(line.ref, (batch ??= this.#take(line)), retentionDays));
    const ended = (error: unknown): void => {
      line.isUnderWay = false;
      // The client ends, or too much else waits: nothing would send what is behind.
      if (error !== undefined && (batch === undefined || isChronowError(error, 'CLOSED'))) this.#drop(line, line.waiting.length);
      if (line.waiting.length > 0) this.#send(name, line);
      else {
        this.#lines.delete(name);
        this.#tell(line);
      }
    };
    this.#warm.send({ work: 'deliveries', of: line.ref, lane: name, isReplaceable: false, write }, false, ended).subscribe();
  }

  #take(line: Line): readonly SettledDelivery[] {
    const batch = line.waiting.splice(0, maxBatch);
    this.#waiting -= batch.length;
    return batch;
  }

  #longest(than: Line): Line {
    let longest = than;
    for (const line of this.#lines.values()) if (line.waiting.length > longest.waiting.length) longest = line;
    return longest;
  }

  #drop(line: Line, count: number): void {
    const dropped = line.waiting.splice(0, count).length;
    this.#waiting -= dropped;
    line.dropped += dropped;
    if (dropped > 0) line.telling ??= this.#runtime.at(this.#runtime.now() + tellMs, () => { this.#tell(line); });
  }

  #tell(line: Line): void {
    line.telling?.();
    line.telling = undefined;
    const { ref, dropped: count } = line;
    if (count === 0) return;
    line.dropped = 0;
    this.#report({ type: 'warm-failed', work: 'deliveries', of: ref, attempts: 0, error: new ChronowError('WARM_FAILED', `${String(count)} records of deliveries of ${ref.topic}/${ref.subscription} were given up before the warm tier had them; at most ${String(maxWaiting)} wait`, { details: { count } }) });
  }
}
