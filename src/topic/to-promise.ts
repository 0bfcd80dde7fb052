import type { Observable, Observer } from 'rxjs';
import { ChronowError } from '../errors.js';
import type { Capabilities } from '../port/capabilities.js';
import type { Runtime } from '../port/runtime.js';
import { TurnBudget } from '../subscription/turn-budget.js';

/**
 * The promise forms of a client's commands. A backend that answers within the call would make a loop of awaited calls one
 * endless turn of microtasks, in which no timer, no I/O and no consumer ever runs: past its share of a turn a call is carried
 * out at once but answers in the next one. Where answers come by I/O, each has a turn already.
 */
export class PromiseForms {
  readonly #budget: TurnBudget | undefined;
  #waiting: (() => void)[] = [];

  constructor(runtime: Runtime, { synchronous }: Capabilities) {
    this.#budget = synchronous ? new TurnBudget(runtime, () => { this.#answer(); }) : undefined;
  }

  of<T>(command: Observable<T>, signal?: AbortSignal): Promise<T> {
    const answer = toPromise(command, signal);
    this.#budget?.spend();
    return this.#budget?.exhausted === true ? this.#nextTurn(answer) : answer;
  }

  #answer(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const answer of waiting) answer();
  }

  async #nextTurn<T>(answer: Promise<T>): Promise<T> {
    // Together, so that a rejection is never without a handler.
    const [value] = await Promise.all([answer, new Promise<void>((resolve) => { this.#waiting.push(resolve); })]);
    return value;
  }
}

/**
 * The promise form of a one-shot command: started at once, not on await. Giving up by `signal` does not take back what was
 * sent: the command goes on, only nobody waits for it.
 */
export function toPromise<T>(command: Observable<T>, signal?: AbortSignal): Promise<T> {
  return signal === undefined ? answerOf(command) : answerUnlessAborted(command, signal);
}

function answerOf<T>(command: Observable<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    command.subscribe(new Answer(resolve, reject));
  });
}

/** One object per call, where an observer literal would be four. */
class Answer<T> implements Observer<T> {
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: Error) => void;
  #answered = false;

  constructor(resolve: (value: T) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  next(value: T): void {
    this.#answered = true;
    this.#resolve(value);
  }

  error(error: unknown): void {
    this.#reject(error instanceof Error ? error : new ChronowError('LINK_LOST', 'the backend failed with something that is no Error', { cause: error }));
  }

  complete(): void {
    if (!this.#answered) this.#reject(new ChronowError('CLOSED', 'the client was closed before the backend answered'));
  }
}

async function answerUnlessAborted<T>(command: Observable<T>, signal: AbortSignal): Promise<T> {
  const givenUp = (): ChronowError => new ChronowError('ABORTED', 'the call was given up by its signal; whether it was carried out is unknown', { cause: signal.reason });
  if (signal.aborted) throw givenUp();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => { reject(givenUp()); };
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([answerOf(command), aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}
