import type { PeekedMessage } from '../../../port/inspection.js';
import type { Context } from '../context.js';
import { pointerIds } from '../layout/ids.js';
import type { PointerDocument } from '../layout/pointer-document.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { messagesOf } from './messages.js';
import { inChunks, pages } from './pages.js';
import { due, seen } from './state.js';

interface Looked extends PointerDocument {
  readonly now: Date;
}

const fields = { m: 1, q: 1, st: 1, at: 1, n: 1, tok: 1, k: 1, x: 1, b: 1, h: 1, c: 1, ts: 1, now: '$$NOW' } as const;

interface Placed extends PeekedMessage {
  readonly q: number;
}

/** The oldest unsettled messages, in order, without taking them. */
export async function peek(context: Context, record: SubscriptionRecord, limit: number): Promise<readonly PeekedMessage[]> {
  if (limit < 1) return [];
  const [published, later] = await Promise.all([oldest(context, record, limit), oldestDue(context, record, limit)]);
  return [...published, ...later]
    .sort((left, right) => left.message.publishedAt - right.message.publishedAt || left.q - right.q)
    .slice(0, limit)
    .map(({ message, state, deliveryCount }) => ({ message, state, deliveryCount }));
}

async function oldest(context: Context, { id }: SubscriptionRecord, limit: number): Promise<readonly Placed[]> {
  const { store } = context;
  const range = pointerIds(id);
  const look = (last: Looked | undefined, size: number): Promise<readonly Looked[]> =>
    store.attempt('look at messages', () =>
      store.collection<PointerDocument>('cw_deliv').find<Looked>({ _id: last === undefined ? range : { $gt: last._id, $lt: range.$lt }, sch: { $ne: true }, ...seen }, { projection: fields, sort: { _id: 1 }, limit: size, batchSize: size + 1 }).toArray());
  const found: Placed[] = [];
  for await (const page of pages(look, Math.min(500, limit))) {
    found.push(...(await shown(context, page)));
    if (found.length >= limit) break;
  }
  return found;
}

async function oldestDue(context: Context, { id }: SubscriptionRecord, limit: number): Promise<readonly Placed[]> {
  const { store } = context;
  const found = await store.attempt('look at messages', () =>
    store.collection<PointerDocument>('cw_deliv').find<Looked>({ s: id, ...due(store) }, { projection: fields, sort: { ts: 1, q: 1 }, limit, batchSize: Math.min(1_001, limit + 1), hint: 'cw_scheduled' }).toArray());
  const all: Placed[] = [];
  for (const chunk of inChunks(found)) all.push(...(await shown(context, chunk)));
  return all;
}

/** A publish that is under way stores the message a moment after its pointer: that one is left out. */
async function shown({ store }: Context, page: readonly Looked[]): Promise<readonly Placed[]> {
  const messages = await messagesOf(store, page);
  return page.flatMap((pointer) => {
    const message = messages.get(pointer.m);
    return message === undefined ? [] : [{ message, state: stateOf(pointer), deliveryCount: pointer.n, q: pointer.q }];
  });
}

function stateOf({ at, tok, now }: Looked): PeekedMessage['state'] {
  if (at <= now) return 'waiting';
  return tok === undefined ? 'delayed' : 'leased';
}
