import type { Delivery } from '../../../src/subscription/delivery.js';
import type { Payload } from '../../simulation/history/message-text.js';
import type { Journal } from '../history/journal.js';

/** Settles a delivery by hand, twice and contrarily: only the first may count. */
export async function settleByHand(delivery: Delivery<Payload>, journal: Journal): Promise<void> {
  const first = delivery.payload.n % 2 === 0 ? delivery.ack() : delivery.nack({ requeue: delivery.deliveryCount < 2 });
  const second = delivery.payload.n % 2 === 0 ? delivery.nack() : delivery.ack();
  await first;
  journal.add({ kind: 'expected', what: `the second settlement by hand of message ${delivery.payload.n}`, want: 'repeated', got: (await second).result });
}
