import type { Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';

export interface Pace {
  /** How late the next bytes are, in milliseconds. */
  delay(): number;
  /** The size of the next piece, or undefined for all. */
  piece(): number | undefined;
}

/** One direction of a connection: what is sent arrives in order, late and in pieces as the faults say. */
export class Lane {
  readonly #to: Socket;
  readonly #pace: Pace;
  #last: Promise<void> | undefined;

  constructor(to: Socket, pace: Pace) {
    this.#to = to;
    this.#pace = pace;
  }

  send(bytes: Buffer): void {
    const ms = this.#pace.delay();
    const size = this.#pace.piece();
    // Nothing to wait for: it goes at once, as without a proxy.
    if (this.#last === undefined && ms === 0 && size === undefined) this.#write(bytes);
    else this.#then(() => this.#late(bytes, performance.now() + ms, size));
  }

  /** Runs when all has arrived that was sent so far. */
  finally(task: () => void): void {
    if (this.#last === undefined) task();
    else this.#then(async () => task());
  }

  #then(task: () => Promise<void>): void {
    const mine = (this.#last ?? Promise.resolve()).then(task).finally(() => {
      if (this.#last === mine) this.#last = undefined;
    });
    this.#last = mine;
  }

  async #late(bytes: Buffer, due: number, size: number | undefined): Promise<void> {
    const ms = due - performance.now();
    if (ms > 0) await setTimeout(ms);
    let from = 0;
    for (let piece = size; piece !== undefined && from + piece < bytes.length; piece = this.#pace.piece()) {
      this.#write(bytes.subarray(from, from + piece));
      from += piece;
      // A piece of its own on the wire, too.
      await setImmediate();
    }
    this.#write(bytes.subarray(from));
  }

  #write(bytes: Buffer): void {
    if (this.#to.writable) this.#to.write(bytes);
  }
}
