import type { PublishReceipt } from '../../../port/publisher.js';
import { messageId } from '../layout/message-id.js';

/** What a script answered, as receipts: ids with a blank between them, '=' before that of a duplicate, `s` before that of a scheduled message. */
export function receiptsOf(shard: number, text: string): PublishReceipt[] {
  const ids = text.split(' ');
  const receipts: PublishReceipt[] = [];
  for (const id of ids) receipts.push(receiptOf(shard, id));
  return receipts;
}

function receiptOf(shard: number, text: string): PublishReceipt {
  const first = text.charCodeAt(0);
  // Nearly all begin with a digit.
  if (first >= 48 && first <= 57) return { id: messageId(shard, text), duplicate: false, dueAt: undefined };
  const duplicate = text.startsWith('=');
  const local = duplicate ? text.slice(1) : text;
  return { id: messageId(shard, local), duplicate, dueAt: dueAtOf(local) };
}

/** When a scheduled message falls due, by its id. */
function dueAtOf(local: string): number | undefined {
  return local.startsWith('s') ? Number(local.slice(1, local.indexOf('-'))) : undefined;
}
