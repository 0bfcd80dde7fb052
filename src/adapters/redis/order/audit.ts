import type { SubscriptionRef } from '../../../port/names.js';
import { asList, asNumber, asText } from '../connection/reply.js';
import type { Context } from '../context.js';
import { auditScript } from './audit-script.js';
import type { OrderPlace } from './order-keys.js';

/** Looks over the holds of one shard of a subscription, a page at each call. */
export class Audit {
  #holds = '0';
  #floor = '0';

  /** Answers how many holds were put right. */
  async page({ connection }: Context, ref: SubscriptionRef, { all, group }: OrderPlace): Promise<number> {
    const [word, holds, floor, repaired] = asList(await connection.run(auditScript, all, [ref.subscription, group, this.#holds, this.#floor]));
    if (word !== 'ok') return 0;
    this.#holds = asText(holds);
    this.#floor = asText(floor);
    return asNumber(repaired);
  }

  /** Begins again with the next call. */
  get isThrough(): boolean {
    return this.#holds === '0' && this.#floor === '0';
  }
}
