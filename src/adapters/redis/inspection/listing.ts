import type { PeekedMessage } from '../../../port/inspection.js';
import type { Reply } from '../connection/reply.js';
import { asList, asText, asTexts } from '../connection/reply.js';
import type { Context } from '../context.js';
import type { Directory } from '../topics/directory.js';
import { pages } from './pages.js';
import { listCopiesScript, listLeasedScript, listMembersScript } from './peek-scripts.js';
import type { Place } from './place.js';
import { halvesOf, timeIn } from './stream-id.js';

/** Pages of a thousand that are looked at, at most. */
const mostPages = 200;

/** Where the body of a message lies: which key of the script that reads it. */
export const source = { stream: 1, retry: 2, solo: 3, held: 4, heldOrStream: 5 } as const;

/** An unsettled message that is no longer in its first place in the stream, without its body. */
export interface Touched {
  readonly source: number;
  /** Its id there. */
  readonly id: string;
  /** The id of the message in its shard, where it is known without its body. */
  readonly messageId: string | undefined;
  /** Its entry in the topic's stream, where that is known. */
  readonly entryId: string | undefined;
  readonly state: PeekedMessage['state'];
  /** Deliveries; undefined: as its copy says. */
  readonly deliveryCount: number | undefined;
  /** In somebody's hands, be it past its deadline. */
  readonly isLeased: boolean;
  readonly ms: number;
  readonly seq: number;
}

export interface Listing {
  readonly touched: readonly Touched[];
  /** What is behind this id of the stream was never handed out. */
  readonly lastDelivered: string;
}

/** What a subscription has in hands, back, parked and delayed in one shard; of leases in the stream no more than `limit`. undefined: it was deleted. */
export async function listTouched(context: Context, directory: Directory, place: Place, limit: number): Promise<Listing | undefined> {
  const leased = (await listLeased(context, place, limit)) ?? ((await directory.revive(place.ref, place.shard)) ? await listLeased(context, place, limit) : undefined);
  if (leased === undefined) return undefined;
  const others = await Promise.all([listCopies(context, place, source.retry), listCopies(context, place, source.solo), listDelayed(context, place), listOrdered(context, place)]);
  return { ...leased, touched: [...leased.touched, ...others.flat()] };
}

/** Copies on their way in retry and solo. */
export async function listCopies({ connection }: Context, { own, record }: Place, from: typeof source.retry | typeof source.solo): Promise<readonly Touched[]> {
  const { all } = await pages('-', mostPages, async (id) => {
    const [next, ...flat] = asTexts(await connection.run(listCopiesScript, [from === source.retry ? own.retry : own.solo], [own.group, id, record.policy.visibilityTimeoutMs]));
    return { found: rowsOf(flat, 7), next: next ?? '' };
  });
  return all.flat().map(([id = '', state, deliveries, messageId = '', publishedAt, entryId = '', isLeased]) => ({
    source: from,
    id,
    messageId,
    entryId: entryId === '' ? entryIdOf(messageId) : entryId,
    state: stateOf(state),
    deliveryCount: Number(deliveries),
    isLeased: isLeased === '1',
    ...positionOf(entryId === '' ? messageId : entryId, Number(publishedAt)),
  }));
}

async function listLeased({ connection }: Context, { topic, own, record }: Place, limit: number): Promise<Listing | undefined> {
  let lastDelivered: string | undefined;
  const page = Math.min(500, limit);
  const { all } = await pages('-', mostPages, async (id) => {
    const reply = await connection.run(listLeasedScript, [topic.topic], [own.group, id, record.policy.visibilityTimeoutMs, page]);
    if (reply === null) return { found: [], next: '' };
    const [last = '', next = '', ...flat] = asTexts(reply);
    lastDelivered ??= last;
    return { found: rowsOf(flat, 3), next };
  }, (found) => found.length * page >= limit);
  if (lastDelivered === undefined) return undefined;
  const touched = all.flat().map(([id = '', state, deliveries]) => ({ source: source.stream, id, messageId: undefined, entryId: id, state: stateOf(state), deliveryCount: Number(deliveries), isLeased: true, ...halvesOf(id) }));
  return { touched, lastDelivered };
}

async function listDelayed(context: Context, { own }: Place): Promise<readonly Touched[]> {
  const rows = await members(context, [own.delayed], 'delayed');
  return rows.map(([id = '', state]) => ({ source: source.held, id, messageId: id, entryId: entryIdOf(id), state: stateOf(state), deliveryCount: undefined, isLeased: false, ...positionOf(id, timeIn(id)) }));
}

/** In an order messages keep their place in the stream; their past stands beside it. */
async function listOrdered(context: Context, { order }: Place): Promise<readonly Touched[]> {
  if (order === undefined) return [];
  const [parked, due] = await Promise.all([members(context, [order.parked, order.tries], 'parked'), members(context, [order.due, order.tries], 'due')]);
  return [...parked, ...due].map(([id = '', state, past = '']) => {
    const [deliveries, , flags = ''] = past.split('|');
    return { source: flags.includes('h') ? source.heldOrStream : source.stream, id, messageId: undefined, entryId: id, state: stateOf(state), deliveryCount: Number(deliveries), isLeased: false, ...halvesOf(id) };
  });
}

async function members({ connection }: Context, keys: readonly string[], kind: string): Promise<readonly (readonly string[])[]> {
  const { all } = await pages('0', mostPages, async (rank) => {
    const reply: Reply = await connection.run(listMembersScript, keys, [rank, kind]);
    const [next, ...flat] = asList(reply);
    return { found: rowsOf(flat.map((one) => (one === null ? '' : asText(one))), 3), next: asText(next) };
  });
  return all.flat();
}

/** A message's id is that of its entry, but for scheduled ones. */
function entryIdOf(messageId: string): string | undefined {
  return messageId.startsWith('s') ? undefined : messageId;
}

function positionOf(id: string, ms: number): { readonly ms: number; readonly seq: number } {
  return id.startsWith('s') ? { ms, seq: 0 } : halvesOf(id);
}

function stateOf(text: string | undefined): PeekedMessage['state'] {
  return text === 'leased' || text === 'delayed' ? text : 'waiting';
}

function rowsOf(flat: readonly string[], width: number): readonly (readonly string[])[] {
  return Array.from({ length: flat.length / width }, (_, row) => flat.slice(row * width, (row + 1) * width));
}
