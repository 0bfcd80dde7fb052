import type { DeadLetterRecord, DeathNote } from '../../../port/inspection.js';
import type { Context } from '../context.js';
import { readMessage } from '../layout/message-codec.js';
import { pointerState, type DeathDocument, type PointerDocument } from '../layout/pointer-document.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { byDeath, deadOf, gravePages } from './graves.js';

/** The oldest dead letters of a subscription, with all that is known of them. */
export async function peekDeadLetters({ store }: Context, record: SubscriptionRecord, limit: number): Promise<readonly DeadLetterRecord[]> {
  if (limit < 1) return [];
  const found = await store.attempt('look at dead letters', () => store.collection<PointerDocument>('cw_deliv').find(deadOf(record), { sort: byDeath, limit, batchSize: Math.min(500, limit + 1) }).toArray());
  return found.flatMap((pointer) => readDead(record, pointer) ?? []);
}

export async function purgeDeadLetters(context: Context, record: SubscriptionRecord): Promise<number> {
  const { store } = context;
  let count = 0;
  for await (const graves of gravePages(context, record)) {
    const ids = graves.map(({ _id }) => _id);
    count += await store.attempt('purge of dead letters', async (attempt) => {
      const { deletedCount } = await store.collection<PointerDocument>('cw_deliv').deleteMany({ _id: { $in: ids }, st: pointerState.dead });
      // What an attempt without an answer removed is gone by now.
      return attempt === 1 ? deletedCount : ids.length;
    });
  }
  return count;
}

function readDead({ ref }: SubscriptionRecord, pointer: PointerDocument): DeadLetterRecord | undefined {
  const message = readMessage(pointer.m, pointer);
  if (message === undefined) return undefined;
  const history = (pointer.deaths ?? []).map(noteOf);
  return { message, subscription: ref.subscription, deliveryCount: history.at(-1)?.deliveryCount ?? pointer.n, history };
}

function noteOf({ at, n, r, d, e }: DeathDocument): DeathNote {
  return { deadAt: at.getTime(), deliveryCount: n, reason: r, ...(d === undefined ? {} : { description: d }), ...(e === undefined ? {} : { errors: e }) };
}
