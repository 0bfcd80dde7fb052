import type { OutgoingMessage } from '../../port/message.js';
import { DueHeap } from './due-heap.js';
import type { Due } from './due-heap.js';

/** A message that is not due yet. `seq` is its number among the scheduled ones. */
export class Scheduled implements Due {
  readonly message: OutgoingMessage;
  readonly seq: number;
  readonly due: number;
  place = -1;

  constructor(message: OutgoingMessage, seq: number, due: number) {
    this.message = message;
    this.seq = seq;
    this.due = due;
  }
}

/** The scheduled messages of a topic, by due time and then in the order in which they were published. */
export class Schedule {
  readonly #heap: DueHeap<Scheduled> = new DueHeap();
  readonly #byNumber: Map<number, Scheduled> = new Map();
  #last: number;

  constructor(start: number) {
    this.#last = start;
  }

  get size(): number {
    return this.#heap.size;
  }

  /** The highest number given so far. */
  get last(): number {
    return this.#last;
  }

  get nextDue(): number {
    return this.#heap.nextDue;
  }

  add(message: OutgoingMessage, due: number): Scheduled {
    const scheduled = new Scheduled(message, ++this.#last, due);
    this.#heap.push(scheduled);
    this.#byNumber.set(scheduled.seq, scheduled);
    return scheduled;
  }

  popDue(now: number): Scheduled | undefined {
    const scheduled = this.#heap.popDue(now);
    if (scheduled !== undefined) this.#byNumber.delete(scheduled.seq);
    return scheduled;
  }

  cancel(number: number): boolean {
    const scheduled = this.#byNumber.get(number);
    if (scheduled === undefined) return false;
    this.#byNumber.delete(number);
    this.#heap.remove(scheduled);
    return true;
  }
}
