import { map, tap, throwError, type Observable } from 'rxjs';
import { ChronowError } from '../errors.js';
import type { Broker } from '../port/broker.js';
import type { CoreEvent } from '../port/core-events.js';
import type { StoredMessage } from '../port/message.js';
import type { TopicRef } from '../port/names.js';
import type { MessagePublisher, PublishBatch, PublishReceipt } from '../port/publisher.js';
import type { Runtime } from '../port/runtime.js';
import { brokerWith } from './broker-with.js';
import type { Release } from './guard/ledger.js';
import { owedMessages } from './guard/owed.js';
import type { WarmTier } from './warm-tier.js';

export interface CopyingParts {
  readonly broker: Broker;
  readonly runtime: Runtime;
  /** undefined: there is none. */
  readonly warm: WarmTier | undefined;
  readonly report: (event: CoreEvent) => void;
  readonly isRequired: boolean;
}

/** The same broker; what is published through it is copied to the warm tier. */
export function copyingBroker(parts: CopyingParts): Broker {
  return brokerWith(parts.broker, { publisher: new CopyingPublisher(parts) });
}

class CopyingPublisher implements MessagePublisher {
  readonly #parts: CopyingParts;

  constructor(parts: CopyingParts) {
    this.#parts = parts;
  }

  publish(batch: PublishBatch): Observable<readonly PublishReceipt[]> {
    const { broker, warm, report, isRequired } = this.#parts;
    if (warm !== undefined) {
      const copy = (receipts: readonly PublishReceipt[], copied: Release): Observable<readonly PublishReceipt[]> => warm.keepMessages(batch.topic, this.#stored(batch, receipts), isRequired, copied).pipe(map(() => receipts));
      return warm.guarded(owedMessages(batch.topic, batch.messages), broker.publisher.publish(batch), copy);
    }
    if (isRequired) return throwError(() => new ChronowError('WARM_NOT_CONFIGURED', `publish to ${batch.topic.topic}: a copy that is 'required' needs a warm tier; configure MONGO_URI or chronos`));
    return broker.publisher.publish(batch).pipe(tap(() => { report({ type: 'warm-not-configured', topic: batch.topic, key: undefined }); }));
  }

  cancelScheduled(topic: TopicRef, id: string): Observable<boolean> {
    return this.#parts.broker.publisher.cancelScheduled(topic, id);
  }

  /** Also of duplicates: the first try may have stored the message and not its copy, and the first copy stays. */
  #stored({ messages }: PublishBatch, receipts: readonly PublishReceipt[]): readonly StoredMessage[] {
    const now = this.#parts.runtime.now();
    return receipts.flatMap((receipt, index) => {
      const message = messages[index];
      if (message === undefined) return [];
      const { body, headers, codec, key, ttlMs } = message;
      const publishedAt = receipt.publishedAt ?? receipt.dueAt ?? now;
      return [{ id: receipt.id, body, headers, codec, key, publishedAt, expiresAt: ttlMs === undefined ? undefined : publishedAt + ttlMs }];
    });
  }
}
