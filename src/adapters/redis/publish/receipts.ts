import type { PublishReceipt } from '../../../port/publisher.js';
import { messageId, placeOf, storedAt } from '../layout/message-id.js';

/** The time is read from the id only where somebody asks for it. */
class Receipt implements PublishReceipt {
  readonly id: string;
  readonly duplicate: boolean;
  readonly dueAt: number | undefined;

  constructor(id: string, duplicate: boolean, dueAt: number | undefined) {
    this.id = id;
    this.duplicate = duplicate;
    this.dueAt = dueAt;
  }

  get publishedAt(): number {
    return this.dueAt ?? storedAt(placeOf(this.id).local);
  }
}

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
  if (first >= 48 && first <= 57) return new Receipt(messageId(shard, text), false, undefined);
  const duplicate = text.startsWith('=');
  const local = duplicate ? text.slice(1) : text;
  return new Receipt(messageId(shard, local), duplicate, dueAtOf(local));
}

/** When a scheduled message falls due, by its id. */
function dueAtOf(local: string): number | undefined {
  return local.startsWith('s') ? Number(local.slice(1, local.indexOf('-'))) : undefined;
}
