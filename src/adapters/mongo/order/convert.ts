import type { Context } from '../context.js';
import { Pointers } from '../delivery/pointers.js';
import type { HoldDocument } from '../layout/hold-document.js';

/** What waits behind keys waits no longer, and no key is held: whoever keeps an order looks at what is in hand and delayed before it takes a key for the first time. */
export async function convertOrder(context: Context, subscription: string): Promise<void> {
  await context.store.attempt('update of a subscription', () => context.store.collection<HoldDocument>('cw_holds').deleteMany({ s: subscription }));
  await new Pointers(context, subscription, () => false).unpark('all');
}
