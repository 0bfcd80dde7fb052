import type { Argument } from '../connection/connection.js';
import type { RedisLease } from '../lease/lease.js';
import type { SettleAction, SettleDeviation } from '../../../port/lease.js';
import { isBefore } from './entry-ids.js';
import { numberOf } from './streams.js';

/** What the script calls an action; the last three are ours, for what was never handed out. */
export type ActionLetter = 'a' | 'r' | 'd' | 'f' | 'l' | 'x' | 's' | 'u';

/** One lease on its way to its end. */
export interface SettleItem {
  readonly lease: RedisLease;
  readonly letter: ActionLetter;
  readonly action: SettleAction;
  /** Ms; -1: by policy. */
  readonly delayMs: number;
  /** For the dead letter: the inside of a JSON object. */
  readonly note: string;
  /** The reason that `note` gives. */
  readonly reason: string;
  /** Once the batch is done: what deviates. */
  result: SettleDeviation['result'] | undefined;
  error: unknown;
}

/** Items of one call, and who waits for it. */
export class SettleBatch {
  readonly items: SettleItem[] = [];
  onlyAcks = true;
  /** Its number; it keeps it when the call has to be made again. */
  seq = 0;
  #waiting: (() => void)[] = [];
  #failing: ((error: unknown) => void)[] = [];

  add(item: SettleItem): void {
    this.items.push(item);
    // The short script asks for the count of a first delivery of its entry.
    if (item.letter !== 'a' || item.lease.count !== 1) this.onlyAcks = false;
  }

  /** Resolves when the next call for this batch is answered. */
  done(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      this.#failing.push(reject);
    });
  }

  answered(): void {
    const waiting = this.#waiting;
    this.#forget();
    for (const tell of waiting) tell();
  }

  failed(error: unknown): void {
    const failing = this.#failing;
    this.#forget();
    for (const tell of failing) tell(error);
  }

  #forget(): void {
    this.#waiting = [];
    this.#failing = [];
  }
}

/** The batch as the ack script wants it, and its items in that order. */
export function ackCall(group: string, consumer: string, batch: SettleBatch): { readonly streams: readonly number[]; readonly args: Argument[]; readonly items: readonly SettleItem[] } {
  const args: Argument[] = [group, consumer, batch.seq];
  const used: number[] = [];
  const items: SettleItem[] = [];
  for (let stream = 1; stream <= 3; stream += 1) {
    const own = batch.items.filter(({ lease }) => numberOf(lease.stream) === stream);
    const [first, last] = span(own);
    if (first === '') continue;
    used.push(stream);
    args.push(stream > 1 ? '1' : '0', own.length, first, last);
    for (const item of own) {
      args.push(item.lease.entryId);
      items.push(item);
    }
  }
  return { streams: used, args, items };
}

/** The batch as the settle script wants it. What goes back goes in its old order. */
export function settleCall(group: string, consumer: string, subscription: string, idPrefix: string, batch: SettleBatch): { readonly args: Argument[]; readonly items: readonly SettleItem[] } {
  const args: Argument[] = [group, consumer, batch.seq, subscription, idPrefix];
  for (let stream = 1; stream <= 3; stream += 1) {
    const [first, last] = span(batch.items.filter(({ lease }) => numberOf(lease.stream) === stream));
    args.push(first === '' ? '-' : first, last === '' ? '-' : last);
  }
  const items = [...batch.items].sort(byPlace);
  for (const { letter, lease, delayMs, note } of items) args.push(letter, numberOf(lease.stream), lease.entryId, delayMs, note);
  return { args, items };
}

function span(items: readonly SettleItem[]): [string, string] {
  let first = '';
  let last = '';
  for (const { lease: { entryId } } of items) {
    // Mostly they come in order.
    if (last === '' || isBefore(last, entryId)) last = entryId;
    else if (isBefore(entryId, first)) first = entryId;
    if (first === '') first = entryId;
  }
  return [first, last];
}

function byPlace({ lease: left }: SettleItem, { lease: right }: SettleItem): number {
  if (left.message.publishedAt !== right.message.publishedAt) return left.message.publishedAt - right.message.publishedAt;
  return left.entryId === right.entryId ? 0 : isBefore(left.entryId, right.entryId) ? -1 : 1;
}
