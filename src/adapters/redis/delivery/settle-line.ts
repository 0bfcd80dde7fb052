import { ChronowError, isChronowError } from '../../../errors.js';
import type { SettleDeviation } from '../../../port/lease.js';
import { asList, asNumber, asText } from '../connection/reply.js';
import type { Reply } from '../connection/reply.js';
import type { Context } from '../context.js';
import type { RedisLease } from '../lease/lease.js';
import { isShut } from './gate.js';
import { ackScript } from './scripts/ack.js';
import { settleScript } from './scripts/settle.js';
import { ackCall, settleCall, SettleBatch, type SettleItem } from './settle-batch.js';
import type { Upkeep } from './upkeep.js';

/** What the line needs of its consumer. */
export interface SettleLineOwner {
  readonly context: Context;
  readonly consumerId: string;
  readonly upkeep: Upkeep;
  /** A lease has ended; by `letter` and `result` its owner tells what became of the message. */
  ended(item: SettleItem, letter: string, neverStarted: boolean): void;
  /** The groups were gone: what was leased under them is nobody's. */
  storeLost(): Promise<void>;
  /** The subscription keeps an order by now, or is no more: true. */
  shut(): Promise<boolean>;
}

/** The most leases of one call: a script keeps everybody else waiting. */
const most = 2_000;

/**
 * Settlements of one consumer in one shard on their way. One call at a time, each with the next number; what comes meanwhile goes with the next one. A call without an
 * answer keeps its number and is made again before anything else, so that nothing is done twice and nothing stays open.
 */
export class SettleLine {
  readonly #owner: SettleLineOwner;
  #seq: number;
  #batches: SettleBatch[] = [];
  #calling = false;

  constructor(owner: SettleLineOwner) {
    this.#owner = owner;
    // Grows over lives of a consumer of the same name, so that its old slot does not answer.
    this.#seq = owner.context.runtime.now() * 1_000;
  }

  /** Something is left over from a call without an answer. */
  get isOpen(): boolean {
    return this.#batches.length > 0;
  }

  /** The batch in which an item goes. */
  add(item: SettleItem): SettleBatch {
    let batch = this.#batches.at(-1);
    if (batch === undefined || batch.seq > 0 || batch.items.length >= most) {
      batch = new SettleBatch();
      this.#batches.push(batch);
    }
    batch.add(item);
    item.lease.settling = item.action;
    return batch;
  }

  /** Where a lease is on its way. */
  find(lease: RedisLease): { readonly batch: SettleBatch; readonly item: SettleItem } | undefined {
    for (const batch of this.#batches) {
      const item = batch.items.find((one) => one.lease === lease);
      if (item !== undefined) return { batch, item };
    }
    return undefined;
  }

  /** Sends what is there, and resolves when it is answered. */
  async drain(): Promise<void> {
    this.flush();
    await this.#batches.at(-1)?.done();
  }

  /** Makes the next call, where none is under way. */
  flush(): void {
    const [batch] = this.#batches;
    if (batch === undefined || this.#calling) return;
    if (batch.seq === 0) batch.seq = this.#seq += 1;
    this.#calling = true;
    this.#call(batch).then(
      () => {
        this.#calling = false;
        this.#batches.shift();
        batch.answered();
        this.flush();
      },
      (error: unknown) => {
        this.#calling = false;
        this.#failed(batch, error);
      },
    );
  }

  /** Another line settles from now on. */
  abandon(error: unknown): void {
    for (const batch of this.#batches.splice(0)) {
      for (const { lease } of batch.items) lease.settling = undefined;
      batch.failed(error);
    }
  }

  async #call(batch: SettleBatch): Promise<void> {
    try {
      await (batch.onlyAcks ? this.#ack(batch) : this.#settle(batch));
    } catch (error) {
      if (isShut(error)) {
        if (!(await this.#owner.shut())) throw error;
      } else if (isChronowError(error, 'LINK_LOST') && error.details['reason'] === 'NOGROUP') await this.#owner.storeLost();
      else throw error;
      for (const item of batch.items) this.#end(item, 'L', '');
    }
  }

  async #ack(batch: SettleBatch): Promise<void> {
    const { context, upkeep, consumerId } = this.#owner;
    const { keys, own } = upkeep;
    const { streams, args, items } = ackCall(own.group, consumerId, batch);
    const names = [keys.topic, own.retry, own.solo];
    const reply = asText(await context.connection.run(ackScript, [own.state, own.open, ...streams.map((stream) => names[stream - 1] ?? '')], args));
    const lost = reply === '' ? undefined : new Set(reply.split(',').map(Number));
    for (let place = 0; place < items.length; place += 1) {
      const item = items[place];
      if (item !== undefined) this.#end(item, lost?.has(place) === true ? 'L' : '', '');
    }
  }

  async #settle(batch: SettleBatch): Promise<void> {
    const { context, upkeep, consumerId } = this.#owner;
    const { keys, own } = upkeep;
    const { args, items } = settleCall(own.group, consumerId, upkeep.subscription, upkeep.idPrefix, batch);
    const reply = await context.connection.run(settleScript, [keys.topic, own.retry, own.solo, own.delayed, own.held, own.dead, own.deadBody, own.state, keys.subs, own.open], args);
    const [results, version, dueInMs, toRetry, toSolo] = asList(reply);
    const letters = resultsOf(results);
    items.forEach((item, place) => {
      const [letter = '', text = ''] = letters.get(place) ?? [];
      this.#end(item, letter, text);
    });
    upkeep.settled(asNumber(version), asNumber(dueInMs), asNumber(toRetry), asNumber(toSolo));
  }

  #end(item: SettleItem, letter: string, text: string): void {
    item.result = deviation(item, letter);
    if (letter === 'F') item.error = new ChronowError('FOREIGN_VALUE', `message ${item.lease.message.id} could not be settled and stays leased: ${text}`, { details: { id: item.lease.message.id } });
    item.lease.settling = undefined;
    if (letter === 'F') return;
    item.lease.end = letter === 'L' || letter === 'G' ? 'taken' : item.action;
    item.lease.outcome = item.result;
    this.#owner.ended(item, letter, text === 'N');
  }

  #failed(batch: SettleBatch, error: unknown): void {
    // No answer: it may have been done, so it is asked for again, by the next call.
    if (!isChronowError(error) || !error.retryable || isShut(error)) {
      this.#batches.shift();
      for (const { lease } of batch.items) lease.settling = undefined;
    }
    batch.failed(error);
    // Those behind it would only wait for the same.
    for (const later of this.#batches.filter(({ seq }) => seq === 0)) {
      this.#batches.splice(this.#batches.indexOf(later), 1);
      for (const { lease } of later.items) lease.settling = undefined;
      later.failed(error);
    }
  }
}

function deviation({ action }: SettleItem, letter: string): SettleDeviation['result'] | undefined {
  switch (letter) {
    case 'L':
    case 'G': return 'lost';
    case 'D': return action === 'dead-letter' ? undefined : 'dead-lettered';
    case 'O': return 'dropped';
    case 'F': return 'failed';
    default: return undefined;
  }
}

function resultsOf(reply: Reply | undefined): ReadonlyMap<number, readonly [string, string]> {
  const found = new Map<number, readonly [string, string]>();
  for (const text of asText(reply).split(',')) {
    const [, place, letter, rest] = /^(\d+)([A-Z])(.*)$/s.exec(text) ?? [];
    if (place !== undefined && letter !== undefined) found.set(Number(place), [letter, rest ?? '']);
  }
  return found;
}
