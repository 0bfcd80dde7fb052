import type { Observable } from 'rxjs';
import { ChronowError, isChronowError } from '../errors.js';
import type { CoreEvent, WarmWork } from '../port/core-events.js';
import type { KeyRef, TopicRef } from '../port/names.js';
import type { CancelTimer, Runtime } from '../port/runtime.js';
import { backoffDelay } from '../retry/backoff.js';

/** The most writes that wait for the warm tier; further ones fail at once. */
const maxWaiting = 10_000;
/** An error that is none of ours may be for good: so often it is tried. */
const maxUnknown = 10;
const backoff = { initialMs: 100, maxMs: 30_000, jitter: 'equal' } as const;

/** A write on its way to the warm tier. */
export interface WarmJob {
  readonly work: WarmWork;
  readonly of: KeyRef | TopicRef;
  /** Jobs of one lane are done one after the other. */
  readonly lane: string;
  readonly write: () => Observable<void>;
  /** It takes the place of one that waits before it in its lane and is replaceable too. */
  readonly isReplaceable: boolean;
  /** Told once: undefined when it was done, or is no longer needed. */
  readonly done: (error: unknown) => void;
}

interface Lane {
  /** The first one is under way. */
  jobs: WarmJob[];
  attempts: number;
  timer: CancelTimer | undefined;
}

export interface MirrorCounts {
  readonly waiting: number;
  readonly saved: number;
  readonly retried: number;
  readonly failed: number;
}

export interface MirrorOwner {
  readonly runtime: Runtime;
  report(event: CoreEvent): void;
  /** Something waits from now on; the answer: nothing does any more. */
  busy(): () => void;
}

/** Brings writes to the warm tier: in order for each key, again with a growing delay where one fails, and never silently not at all. */
export class Mirror {
  readonly #owner: MirrorOwner;
  readonly #lanes = new Map<string, Lane>();
  #waiting = 0;
  #saved = 0;
  #retried = 0;
  #failed = 0;
  #rest: (() => void) | undefined = undefined;

  constructor(owner: MirrorOwner) {
    this.#owner = owner;
  }

  get counts(): MirrorCounts {
    return { waiting: this.#waiting, saved: this.#saved, retried: this.#retried, failed: this.#failed };
  }

  /** Whether something is on its way in this lane. */
  isBusy(lane: string): boolean {
    return this.#lanes.has(lane);
  }

  push(job: WarmJob): void {
    const lane = this.#lanes.get(job.lane);
    const last = lane?.jobs.at(-1);
    if (lane !== undefined && last !== undefined && lane.jobs.length > 1 && last.isReplaceable && job.isReplaceable) {
      lane.jobs[lane.jobs.length - 1] = { ...job, done: (error) => { last.done(error); job.done(error); } };
      return;
    }
    if (this.#waiting === maxWaiting) {
      this.#fail(job, 0, new ChronowError('WARM_FAILED', `${String(maxWaiting)} writes wait for the warm tier; this one was given up`, { retryable: true, details: { waiting: maxWaiting } }));
      return;
    }
    this.#waiting += 1;
    this.#rest ??= this.#owner.busy();
    if (lane !== undefined) {
      lane.jobs.push(job);
      return;
    }
    this.#lanes.set(job.lane, { jobs: [job], attempts: 0, timer: undefined });
    this.#run(job.lane);
  }

  /** What could not be written until now is given up, loudly. */
  giveUp(): void {
    for (const [name, lane] of [...this.#lanes]) {
      lane.timer?.();
      this.#lanes.delete(name);
      for (const job of lane.jobs) {
        this.#waiting -= 1;
        this.#fail(job, lane.attempts, new ChronowError('CLOSED', 'the client was closed before the warm tier had it'));
      }
    }
    this.#settle();
  }

  /** A loop for what is answered at once. */
  #run(name: string): void {
    for (;;) {
      const lane = this.#lanes.get(name);
      const job = lane?.jobs[0];
      if (lane === undefined || job === undefined) break;
      lane.attempts += 1;
      if (!this.#attempt(name, lane, job)) return;
    }
    this.#lanes.delete(name);
    this.#settle();
  }

  /** Whether the lane goes on at once. */
  #attempt(name: string, lane: Lane, job: WarmJob): boolean {
    let isOver = false;
    let isLater = false;
    let goesOn = false;
    const over = (error: unknown, failed: boolean): void => {
      // Given up meanwhile.
      if (isOver || this.#lanes.get(name) !== lane) return;
      isOver = true;
      goesOn = this.#answered(name, lane, job, failed ? { error } : undefined);
      if (isLater && goesOn) this.#run(name);
    };
    job.write().subscribe({ error: (error: unknown) => { over(error, true); }, complete: () => { over(undefined, false); } });
    isLater = true;
    return goesOn;
  }

  #answered(name: string, lane: Lane, job: WarmJob, failure: { readonly error: unknown } | undefined): boolean {
    const { runtime } = this.#owner;
    if (failure !== undefined && isWorthARetry(failure.error, lane.attempts)) {
      this.#retried += 1;
      const delay = backoffDelay(backoff, lane.attempts, () => runtime.random());
      lane.timer = runtime.at(runtime.now() + delay, () => { this.#run(name); });
      this.#owner.report({ type: 'warm-retried', work: job.work, of: job.of, attempt: lane.attempts, error: failure.error });
      return false;
    }
    const { attempts } = lane;
    lane.jobs.shift();
    lane.attempts = 0;
    this.#waiting -= 1;
    if (failure === undefined) {
      this.#saved += 1;
      job.done(undefined);
    } else this.#fail(job, attempts, failure.error);
    return true;
  }

  #fail(job: WarmJob, attempts: number, error: unknown): void {
    this.#failed += 1;
    this.#owner.report({ type: 'warm-failed', work: job.work, of: job.of, attempts, error });
    job.done(error);
  }

  #settle(): void {
    if (this.#waiting > 0) return;
    this.#rest?.();
    this.#rest = undefined;
  }
}

function isWorthARetry(error: unknown, attempts: number): boolean {
  return isChronowError(error) ? error.retryable : attempts < maxUnknown;
}
