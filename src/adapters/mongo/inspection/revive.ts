import type { Context } from '../context.js';
import { poke } from '../connection/hints.js';
import { newShortId } from '../layout/ids.js';
import { pointerState, type PointerDocument } from '../layout/pointer-document.js';
import type { TopicDocument } from '../layout/topic-document.js';
import type { SubscriptionRecord, TopicRecord } from '../topics/records.js';

/** Of these pointers the dead ones live again, with a fresh count; their history stays. Answers how many there were. */
export async function revive({ store }: Context, { id }: SubscriptionRecord, pointers: readonly string[]): Promise<number> {
  if (pointers.length === 0) return 0;
  const all = store.collection<PointerDocument>('cw_deliv');
  const dead = { _id: { $in: [...pointers] }, s: id, st: pointerState.dead };
  return store.attempt('redrive', async (attempt) => {
    const { modifiedCount } = await all.updateMany(dead, [{ $set: { st: pointerState.live, at: '$$NOW', n: 0 } }]);
    // What an attempt without an answer revived is dead no more.
    return attempt === 1 ? modifiedCount : pointers.length;
  });
}

/** Wakes consumers of the topic in all processes. */
export async function wake({ store, keys }: Context, { ref, id }: Pick<TopicRecord, 'ref' | 'id'>): Promise<void> {
  await store.attempt('wake-up', () => store.collection<TopicDocument>('cw_topics').updateOne({ _id: keys.topicKey(ref), id }, { $set: poke(id, newShortId()) }));
}
