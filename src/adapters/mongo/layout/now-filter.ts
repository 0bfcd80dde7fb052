import type { Document, Filter } from 'mongodb';
import type { MongoStore } from '../connection/store.js';

/** A condition on a date beside the server's time, less `lagMs`: decided by the server where its indexes can be used for that, else by what is known of its clock. */
export function besideNow<T extends Document>(store: Pick<MongoStore, 'probes' | 'clock'>, field: string & keyof T, operator: '$lte' | '$gt', lagMs = 0): Filter<T> {
  if (store.probes.serverNow) return { $expr: { [operator]: [`$${field}`, lagMs === 0 ? '$$NOW' : { $subtract: ['$$NOW', lagMs] }] } };
  const condition: Filter<Document> = { [field]: { [operator]: new Date(store.clock.now() - lagMs) } };
  return condition;
}
