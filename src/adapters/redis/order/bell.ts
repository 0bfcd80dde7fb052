import type { CancelTimer } from '../../../port/runtime.js';
import type { Argument, Reader } from '../connection/connection.js';
import type { Context } from '../context.js';
import type { OrderPlace } from './order-keys.js';

/** From where an idle consumer listens. */
export interface Listening {
  /** undefined: new messages change nothing. */
  readonly cursor: string | undefined;
  readonly lastWake: string;
}

/** Nothing wakes a plain read when the subscription is deleted: a claim that waits learns of it when the read ends by itself. */
const blockMs = 3_000;
const pauseMs = 100;

/**
 * Tells that something may have come: a blocking read, without a group, of the stream and of the subscription's wake stream. What it reads is thrown
 * away: only a turn claims. A read that is under way when listening ends stays, it listens from an older place and misses nothing.
 */
export class Bell {
  readonly #context: Context;
  readonly #place: OrderPlace;
  readonly #rung: () => void;
  #reader: Reader | undefined = undefined;
  #reading = false;
  #hears: 'both' | 'wake' = 'wake';
  #wanted: Listening | undefined = undefined;
  #pause: CancelTimer | undefined = undefined;
  #closed = false;

  constructor(context: Context, place: OrderPlace, rung: () => void) {
    this.#context = context;
    this.#place = place;
    this.#rung = rung;
  }

  /** Listens until it rings. */
  listen(from: Listening): void {
    this.#wanted = from;
    if (this.#closed || this.#pause !== undefined) return;
    if (!this.#reading) void this.#read(from);
    // The read under way does not listen to the stream.
    else if (from.cursor !== undefined && this.#hears === 'wake') this.#reader?.unblock();
  }

  /** Whatever it hears means nothing now. */
  rest(): void {
    this.#wanted = undefined;
  }

  close(): void {
    this.#closed = true;
    this.#wanted = undefined;
    this.#pause?.();
    if (this.#reading) this.#reader?.unblock();
    this.#reader?.close();
    this.#reader = undefined;
  }

  async #read({ cursor, lastWake }: Listening): Promise<void> {
    const { connection, runtime } = this.#context;
    const { topic, wake } = this.#place;
    this.#reading = true;
    this.#hears = cursor === undefined ? 'wake' : 'both';
    const streams: Argument[] = cursor === undefined ? [wake, lastWake] : [topic, wake, cursor, lastWake];
    try {
      const reader = (this.#reader ??= connection.reader(topic));
      await reader.read('xread', ['COUNT', 1, 'BLOCK', blockMs, 'STREAMS', ...streams], blockMs);
      this.#reading = false;
      this.#ring();
    } catch {
      // The line is down: the next turn says so. Not at once again, or a server that refuses reads would be asked without end.
      this.#reading = false;
      if (this.#closed) return;
      this.#pause = runtime.at(runtime.now() + pauseMs, () => {
        this.#pause = undefined;
        this.#ring();
      });
    }
  }

  #ring(): void {
    if (this.#closed || this.#wanted === undefined) return;
    this.#wanted = undefined;
    this.#rung();
  }
}
