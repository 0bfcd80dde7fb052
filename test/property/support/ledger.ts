import { expect } from 'vitest';
import type { Message } from '../../../operators/index.js';
import type { Order } from '../../../src/port/policy.js';
import type { Recorder } from '../../support/recording-broker.js';

/** Keeps the books of a run: what was handed out, how it ended, and who worked when. */
export class Ledger {
  lapses = 0;
  readonly #recorder: Recorder;
  readonly #order: Order;
  readonly #keys: readonly string[];
  readonly #running = new Map<string, number>();
  readonly #runs: string[] = [];
  readonly #overlaps: string[] = [];
  readonly #overtaken: string[] = [];
  readonly #done = new Set<string>();

  constructor(recorder: Recorder, order: Order, keys: readonly string[]) {
    this.#recorder = recorder;
    this.#order = order;
    this.#keys = keys;
  }

  /** Work begins; the answer says that it is over. */
  begins({ payload, deliveryCount }: Message<string>): () => void {
    this.#runs.push(`${payload}#${deliveryCount}`);
    if ((this.#running.get(payload) ?? 0) > 0) this.#overlaps.push(`${payload}#${deliveryCount} at ${this.#recorder.now}`);
    for (const earlier of this.#before(payload)) if (!this.#recorder.ended.has(earlier) && !this.#done.has(earlier)) this.#overtaken.push(`${payload} before ${earlier} at ${this.#recorder.now}`);
    this.#running.set(payload, (this.#running.get(payload) ?? 0) + 1);
    let over = false;
    return () => {
      if (!over) this.#running.set(payload, (this.#running.get(payload) ?? 1) - 1);
      over = true;
    };
  }

  /** The work succeeded: its ack is on its way. */
  done({ payload }: Message<string>): void {
    this.#done.add(payload);
  }

  /** Messages that ended in the dead letters. */
  get dead(): number {
    return [...this.#recorder.ended.values()].filter((end) => end === 'dead').length;
  }

  check(theft: boolean): void {
    // Every message has one fate; what it was is in the backend, too.
    expect([...this.#recorder.ended.keys()].sort()).toEqual(this.#keys.map((key, index) => `${key}${index}`).sort());
    expect(this.#recorder.endedTwice).toEqual([]);
    // In order, nothing runs before what comes before it has ended, or its work is done.
    expect(this.#overtaken).toEqual([]);
    if (theft) return;
    expect(this.lapses).toBe(0);
    expect(this.#overlaps).toEqual([]);
    // An attempt is used up by a failure only: the numbers handed out are those of the failures so far, and one.
    expect(this.#recorder.wrongAttempts).toEqual([]);
  }

  #before(payload: string): string[] {
    if (this.#order === 'none') return [];
    const place = Number(payload.slice(1));
    return this.#keys.slice(0, place).map((key, index) => ({ key, name: `${key}${index}` })).filter(({ key }) => this.#order === 'strict' || key === payload.slice(0, 1)).map(({ name }) => name);
  }
}
