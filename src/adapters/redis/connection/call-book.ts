import type { ChronowError } from '../../../errors.js';
import type { CancelTimer, Runtime } from '../../../port/runtime.js';
import type { Call, Carrier } from './call.js';
import { deadlinePassed } from './errors.js';
import type { Reply } from './reply.js';

/** Every call that somebody waits for, with one timer for all their deadlines. */
export class CallBook {
  readonly #runtime: Runtime;
  readonly #stallMs: number;
  /** Those that ended stay until the next look at all: ending one must cost nothing. */
  #calls: Call[] = [];
  #ending = 0;
  #ended: ((call: Call) => ChronowError) | undefined = undefined;
  #armedFor = Infinity;
  #cancel: CancelTimer | undefined = undefined;

  constructor(runtime: Runtime, stallMs: number) {
    this.#runtime = runtime;
    this.#stallMs = stallMs;
  }

  add(call: Call): void {
    if (this.#ended !== undefined) {
      call.done = true;
      call.reject(this.#ended(call));
      return;
    }
    this.#calls.push(call);
    const checkAt = Math.min(call.deadlineAt, call.startedAt + this.#stallMs);
    if (checkAt < this.#armedFor) this.#arm(checkAt);
  }

  /** Idempotent, like {@link CallBook.fail}: the first end of a call counts. */
  answer(call: Call, reply: Reply): void {
    if (this.#close(call)) call.resolve(reply);
  }

  fail(call: Call, error: ChronowError): void {
    if (this.#close(call)) call.reject(error);
  }

  /** Ends all, and whatever comes later. */
  end(error: (call: Call) => ChronowError): void {
    this.#ended = error;
    for (const call of this.#calls) this.fail(call, error(call));
    this.#calls = [];
    this.#cancel?.();
    this.#armedFor = Infinity;
  }

  #close(call: Call): boolean {
    if (call.done) return false;
    call.done = true;
    // It may stand in lists a little longer; what it carried need not.
    call.args = [];
    this.#ending += 1;
    if (this.#ending >= 1_024 && this.#ending * 2 > this.#calls.length) this.#forget();
    return true;
  }

  #forget(): void {
    this.#calls = this.#calls.filter(({ done }) => !done);
    this.#ending = 0;
  }

  #arm(time: number): void {
    this.#cancel?.();
    this.#armedFor = time;
    this.#cancel = this.#runtime.at(time, () => { this.#check(); });
  }

  /** Also finds nothing to do, most times: calls that ended do not touch the timer. */
  #check(): void {
    const now = this.#runtime.now();
    const carriers = new Set<Carrier>();
    const late: Call[] = [];
    let next = Infinity;
    this.#forget();
    for (const call of this.#calls) {
      if (call.deadlineAt <= now) {
        late.push(call);
        continue;
      }
      if (call.carrier !== undefined) carriers.add(call.carrier);
      next = Math.min(next, call.deadlineAt, now + this.#stallMs);
    }
    this.#armedFor = Infinity;
    if (next < Infinity) this.#arm(next);
    for (const call of late) this.#expire(call, now);
    for (const carrier of carriers) carrier.checkStall(now);
  }

  #expire(call: Call, now: number): void {
    call.carrier?.giveUp(call);
    this.fail(call, deadlinePassed(call, now - call.startedAt, call.last));
  }
}
