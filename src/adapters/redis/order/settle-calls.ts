import type { LeaseToken, SettleAction, SettleDeviation, Settlement } from '../../../port/lease.js';
import { ChronowError } from '../../../errors.js';
import { RedisLease } from '../lease/lease.js';
import type { Item } from './turn-arguments.js';

type Result = SettleDeviation['result'];

/** A call of settle() that waits for its answer. */
export interface SettleCall {
  readonly settlements: readonly Settlement[];
  readonly answer: (deviations: readonly SettleDeviation[]) => void;
  readonly fail: (error: unknown) => void;
  /** What of it goes to the server. */
  sent: readonly Item[];
}

export function isOwn(token: LeaseToken, owner: object): token is RedisLease {
  return token instanceof RedisLease && token.owner === owner;
}

/** What of a call has to go to the server: live leases, each once. */
export function pick(call: SettleCall, owner: object): readonly Item[] {
  const items: Item[] = [];
  for (const { token, action, delayMs, failure } of call.settlements) {
    if (!isOwn(token, owner) || token.end !== 'live' || token.settling !== undefined) continue;
    token.settling = action;
    items.push({ lease: token, action, delayMs, failure });
  }
  call.sent = items;
  return items;
}

/** Writes into a lease what became of it. */
export function conclude({ lease, action }: Item, result: string | undefined): void {
  lease.settling = undefined;
  if (result === undefined) lease.end = action;
  else if (result === 'lost') lease.end = 'taken';
  else if (result === 'dead-lettered' || result === 'dropped') {
    lease.end = action;
    lease.outcome = result;
  }
}

/** The outcome is unknown: the leases are live until it is learnt. */
export function leaveOpen(items: readonly Item[]): void {
  for (const { lease } of items) lease.settling = undefined;
}

/** Answers a call from its leases, which say what became of them. */
export function answerCall({ settlements, answer }: SettleCall, owner: object, failed: ReadonlyMap<RedisLease, string>): void {
  const deviations: SettleDeviation[] = [];
  for (let index = 0; index < settlements.length; index++) {
    const settlement = settlements[index];
    if (settlement === undefined) continue;
    const { token, action } = settlement;
    const reason = isOwn(token, owner) ? failed.get(token) : undefined;
    if (reason !== undefined) deviations.push({ index, result: 'failed', error: failure(reason) });
    else {
      const result = resultOf(token, action, owner);
      if (result !== undefined) deviations.push({ index, result });
    }
  }
  answer(deviations);
}

function resultOf(token: LeaseToken, action: SettleAction, owner: object): Result | undefined {
  if (!isOwn(token, owner)) return 'lost';
  return token.end === action ? token.outcome : 'lost';
}

function failure(reason: string): ChronowError {
  return new ChronowError('FOREIGN_VALUE', 'one settlement could not be carried out and its message stays leased: something else uses keys of Chronow, or they are damaged', {
    details: { reason: (/[A-Z]{4,}/.exec(reason) ?? ['ERR'])[0] },
    retryable: true,
  });
}
