import type { Delivery } from '../../src/subscription/delivery.js';
import { DeliveryView } from '../../src/subscription/delivery-view.js';
import type { LeaseCell } from '../../src/subscription/lease-cell.js';

/**
 * The cell of a delivery. A copy of one (`{ ...delivery, payload }` compiles) has none: that ends the stream with
 * `OPTION_INVALID`. Thrown from here it would be an uncaught exception, since operators run in a subscriber's `next`.
 */
export function cellOf(delivery: Delivery<unknown>, out: { error(error: unknown): void }): LeaseCell | undefined {
  try {
    return DeliveryView.cellOf(delivery);
  } catch (error) {
    out.error(error);
    return undefined;
  }
}
