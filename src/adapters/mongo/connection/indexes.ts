import type { IndexDescription } from 'mongodb';
import type { HotCollection } from './store.js';

/** Every index of the hot database; names are ours, so that they can be told from foreign ones. None that is not used: each costs every message a write. */
export const indexes: Readonly<Partial<Record<HotCollection, readonly IndexDescription[]>>> = {
  cw_topics: [{ name: 'cw_incarnation', key: { id: 1 } }],
  cw_log: [
    { name: 'cw_order', key: { t: 1, q: 1 } },
    { name: 'cw_time', key: { t: 1, ts: 1, q: 1 } },
    { name: 'cw_idempotency', key: { t: 1, ik: 1 }, unique: true, partialFilterExpression: { ik: { $exists: true } } },
  ],
  cw_deliv: [
    { name: 'cw_claim', key: { s: 1, st: 1, at: 1, q: 1 } },
    { name: 'cw_scheduled', key: { s: 1, ts: 1, q: 1 }, partialFilterExpression: { sch: true } },
    { name: 'cw_key', key: { s: 1, k: 1, ts: 1, q: 1 }, partialFilterExpression: { k: { $exists: true } } },
  ],
  cw_holds: [{ name: 'cw_until', key: { s: 1, until: 1 } }],
  // Not by the end of the value: its revision is remembered for longer.
  cw_kv: [{ name: 'cw_expiry', key: { exp: 1 }, expireAfterSeconds: 0 }],
  cw_kv_versions: [
    { name: 'cw_versions', key: { k: 1, v: -1 } },
    { name: 'cw_expiry', key: { exp: 1 }, expireAfterSeconds: 0 },
  ],
};

/** All collections, those without indexes of ours as well: an empty list is what creating them needs. */
export const collections: readonly HotCollection[] = ['cw_topics', 'cw_log', 'cw_deliv', 'cw_holds', 'cw_kv', 'cw_kv_versions', 'cw_meta'];
