import type { TopicRef } from '../../../port/names.js';
import type { Context } from '../context.js';
import { pointerId, seqOf } from '../layout/ids.js';
import type { LogDocument } from '../layout/log-document.js';
import type { PointerDocument } from '../layout/pointer-document.js';
import type { Directory } from '../topics/directory.js';

/** So shortly before it is due a message is not taken back: a claim and this could both have begun, each before the other. */
const tooLateMs = 20;

/** Takes back a scheduled message; false when it is unknown or (nearly) due. Without its log document no pointer is handed out. */
export async function cancelScheduled({ store }: Context, directory: Directory, ref: TopicRef, id: string): Promise<boolean> {
  const overview = await directory.overview(ref);
  const seq = overview === undefined ? undefined : seqOf(overview.topic.id, id);
  if (overview === undefined || seq === undefined) return false;
  const log = store.collection<LogDocument>('cw_log');
  const notDue = { _id: id, p: { $exists: true }, $expr: { $gt: ['$ts', { $add: ['$$NOW', tooLateMs] }] } };
  let wasThere = false;
  const cancelled = await store.attempt('cancellation of a message', async (attempt) => {
    if (attempt > 1 && wasThere) return (await log.deleteOne(notDue)).deletedCount === 1 || (await log.countDocuments({ _id: id })) === 0;
    wasThere = (await log.countDocuments({ _id: id })) === 1;
    return wasThere && (await log.deleteOne(notDue)).deletedCount === 1;
  });
  if (!cancelled) return false;
  const ids = overview.subscriptions.map((one) => pointerId(one.id, seq));
  await store.attempt('cancellation of a message', () => store.collection<PointerDocument>('cw_deliv').deleteMany({ _id: { $in: ids }, n: 0 }));
  return true;
}
