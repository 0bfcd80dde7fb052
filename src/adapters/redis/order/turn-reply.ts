import type { Reply } from '../connection/reply.js';
import { asList, asNumber, asText, asTexts } from '../connection/reply.js';
import type { ReadEntry } from '../format/read-entry.js';
import { readEntry } from '../format/read-entry.js';

/** A message that a turn handed out. */
export interface Taken {
  readonly stream: 'main' | 'retry';
  readonly entryId: string;
  readonly deliveryCount: number;
  readonly count: number;
  readonly isolated: boolean;
  readonly entry: ReadEntry;
}

/** Something that happened to a message on the way. */
export interface Passing {
  readonly type: 'dead-lettered' | 'dropped';
  readonly id: string;
  readonly reason: string;
  readonly deliveryCount: number;
}

export interface TurnAnswer {
  readonly kind: 'ok';
  readonly serverNow: number;
  readonly version: number;
  /** When the subscription was made: another one of its name is another. */
  readonly createdAt: number;
  /** Up to where the stream is sorted. */
  readonly cursor: string;
  /** When the next retry falls due, by the server's clock. */
  readonly nextDue: number | undefined;
  readonly makeRoom: boolean;
  /** New messages of the stream change nothing for this consumer now. */
  readonly hush: boolean;
  /** There is more to walk over. */
  readonly isMore: boolean;
  readonly lastWake: string;
  /** Place in the call → what differs. */
  readonly results: ReadonlyMap<number, string>;
  readonly taken: readonly Taken[];
  /** Keys of ours with more for us, for the next claim. */
  readonly more: readonly string[];
  readonly events: readonly Passing[];
  /** Messages that were gone from the stream. */
  readonly gone: number;
}

export type TurnReply = TurnAnswer | { readonly kind: 'gone' } | { readonly kind: 'stale' } | { readonly kind: 'mode' };

export function readTurn(shard: number, reply: Reply): TurnReply {
  const parts = asList(reply);
  const kind = asText(parts[0]);
  if (kind === 'gone' || kind === 'stale' || kind === 'mode') return { kind };
  const [, serverNow, version, createdAt, cursor, due, makeRoom, hush, isMore, lastWake, results, takes, more, events, gone] = parts;
  const nextDue = asText(due);
  return {
    kind: 'ok',
    serverNow: asNumber(serverNow),
    version: asNumber(version),
    createdAt: asNumber(createdAt),
    cursor: asText(cursor),
    nextDue: nextDue === '' ? undefined : Number(nextDue),
    makeRoom: makeRoom === 1,
    hush: hush === 1,
    isMore: isMore === 1,
    lastWake: asText(lastWake),
    results: new Map(asList(results).map((pair) => readResult(asList(pair)))),
    taken: asList(takes).map((item) => readTaken(shard, asList(item))),
    more: asTexts(more),
    events: readPassings(events),
    gone: asNumber(gone),
  };
}

export function readPassings(reply: Reply | undefined): Passing[] {
  return asList(reply).map((item) => {
    const [type, id, reason, count] = asList(item);
    return { type: type === 'dropped' ? 'dropped' : 'dead-lettered', id: asText(id), reason: asText(reason), deliveryCount: asNumber(count) };
  });
}

function readResult([index, result]: readonly Reply[]): [number, string] {
  return [asNumber(index), asText(result)];
}

function readTaken(shard: number, [id, fields, stream, deliveries, count, isolated]: readonly Reply[]): Taken {
  const entryId = asText(id);
  return {
    stream: stream === 'r' ? 'retry' : 'main',
    entryId,
    deliveryCount: deliveries === undefined ? 1 : asNumber(deliveries),
    count: count === undefined ? 1 : asNumber(count),
    isolated: isolated === 1,
    entry: readEntry(shard, entryId, asTexts(fields)),
  };
}
