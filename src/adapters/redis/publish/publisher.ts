import type { Observable } from 'rxjs';
import type { TopicRef } from '../../../port/names.js';
import type { MessagePublisher, PublishBatch, PublishReceipt } from '../../../port/publisher.js';
import type { Context } from '../context.js';
import type { Directory } from '../topics/directory.js';
import type { ScheduledMover } from './mover.js';
import type { Retention } from './retention.js';

export interface PublisherOptions {
  /** How long a publish may take before its outcome is reported as unknown, ms. Default: 10 000, in a cluster 30 000. */
  readonly deadlineMs?: number | undefined;
}

/** Publishing to Redis: concurrent calls share a script call for each shard. */
export class Publisher implements MessagePublisher {
  constructor(_context: Context, _directory: Directory, _retention: Retention, _mover: ScheduledMover, _options: PublisherOptions = {}) {
    throw new Error('not built yet');
  }

  publish(_batch: PublishBatch): Observable<readonly PublishReceipt[]> { throw new Error('not built yet'); }
  cancelScheduled(_topic: TopicRef, _id: string): Observable<boolean> { throw new Error('not built yet'); }
  /** Calls that wait answer `CLOSED`. */
  close(): void { throw new Error('not built yet'); }
}
