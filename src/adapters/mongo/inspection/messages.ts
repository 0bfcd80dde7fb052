import type { StoredMessage } from '../../../port/message.js';
import type { MongoStore } from '../connection/store.js';
import type { LogDocument } from '../layout/log-document.js';
import { readMessage, type MessageParts } from '../layout/message-codec.js';
import type { PointerDocument } from '../layout/pointer-document.js';

/** The messages of some pointers, by id: those that came back from the dead have their own, the others are in the log. */
export async function messagesOf(store: MongoStore, pointers: readonly PointerDocument[]): Promise<ReadonlyMap<string, StoredMessage>> {
  const ids = pointers.filter(({ b }) => b === undefined).map(({ m }) => m);
  const stored = ids.length === 0 ? [] : await store.attempt('look at messages', () => store.collection<LogDocument>('cw_log').find({ _id: { $in: ids } }).batchSize(ids.length + 1).toArray());
  const parts = new Map<string, MessageParts>([...stored.map((document) => [document._id, document] as const), ...pointers.flatMap((pointer) => (pointer.b === undefined ? [] : [[pointer.m, pointer] as const]))]);
  return new Map([...parts].flatMap(([id, part]) => {
    const message = readMessage(id, part);
    return message === undefined ? [] : [[id, message]];
  }));
}
