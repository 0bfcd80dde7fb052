import type { PeekedMessage } from '../../../port/inspection.js';
import type { Context } from '../context.js';
import { pointerIds } from '../layout/ids.js';
import type { PointerDocument } from '../layout/pointer-document.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { messagesOf } from './messages.js';
import { pages } from './pages.js';
import { seen } from './state.js';

interface Looked extends PointerDocument {
  readonly now: Date;
}

const fields = { m: 1, st: 1, at: 1, n: 1, tok: 1, k: 1, x: 1, b: 1, h: 1, c: 1, ts: 1, now: '$$NOW' } as const;

/** The oldest unsettled messages, in order, without taking them. */
export async function peek({ store }: Context, { id }: SubscriptionRecord, limit: number): Promise<readonly PeekedMessage[]> {
  const range = pointerIds(id);
  const look = (last: Looked | undefined, size: number): Promise<readonly Looked[]> =>
    store.attempt('look at messages', () =>
      store.collection<PointerDocument>('cw_deliv').find<Looked>({ _id: last === undefined ? range : { $gt: last._id, $lt: range.$lt }, ...seen }, { projection: fields, sort: { _id: 1 }, limit: size, batchSize: size + 1 }).toArray());
  const found: PeekedMessage[] = [];
  if (limit < 1) return found;
  for await (const page of pages(look, Math.min(500, limit))) {
    const messages = await messagesOf(store, page);
    for (const pointer of page) {
      // A publish that is under way stores the message a moment after its pointer.
      const message = messages.get(pointer.m);
      if (message !== undefined) found.push({ message, state: stateOf(pointer), deliveryCount: pointer.n });
      if (found.length >= limit) return found;
    }
  }
  return found;
}

function stateOf({ at, tok, now }: Looked): PeekedMessage['state'] {
  if (at <= now) return 'waiting';
  return tok === undefined ? 'delayed' : 'leased';
}
