import type { Address } from './address.js';
import { asList, asNumber, type Reply } from './reply.js';

export interface SlotRange {
  readonly from: number;
  /** Included. */
  readonly to: number;
  readonly master: Address;
}

/** Reads CLUSTER SLOTS. `askedHost` is meant where a node does not know its own. */
export function slotRanges(reply: Reply, askedHost = '127.0.0.1'): readonly SlotRange[] {
  return asList(reply).map((item) => {
    const [from, to, node] = asList(item);
    const [host, port] = asList(node);
    return { from: asNumber(from), to: asNumber(to), master: { host: typeof host === 'string' && host !== '' && host !== '?' ? host : askedHost, port: asNumber(port) } };
  });
}
