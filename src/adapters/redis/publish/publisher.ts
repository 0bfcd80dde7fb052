import { defer, type Observable } from 'rxjs';
import type { TopicRef } from '../../../port/names.js';
import type { MessagePublisher, PublishBatch, PublishReceipt } from '../../../port/publisher.js';
import { TopicIntakes } from '../../common/topic-intakes.js';
import type { Context } from '../context.js';
import { placeOf } from '../layout/message-id.js';
import { shardKeys } from '../layout/shard-keys.js';
import type { Directory } from '../topics/directory.js';
import { Capacity } from './capacity.js';
import type { IntakePlan } from './intake.js';
import { Intake } from './intake.js';
import type { ScheduledMover } from './mover.js';
import { cancelScript } from './publish-scripts.js';
import type { Retention } from './retention.js';

export interface PublisherOptions {
  /** How long a publish may take before its outcome is reported as unknown, ms. Default: 10 000, in a cluster 30 000. */
  readonly deadlineMs?: number | undefined;
}

const singleDeadlineMs = 10_000;
/** Twice the time in which a cluster notices that a node is gone. */
const clusterDeadlineMs = 30_000;

/** Publishing to Redis: concurrent calls share a script call for each shard. */
export class Publisher implements MessagePublisher {
  readonly #plan: IntakePlan;
  readonly #intakes: TopicIntakes;

  constructor(context: Context, directory: Directory, retention: Retention, mover: ScheduledMover, options: PublisherOptions = {}) {
    const deadlineMs = options.deadlineMs ?? (context.connection.topology === 'cluster' ? clusterDeadlineMs : singleDeadlineMs);
    let number = 0;
    const nextNumber = (): number => ++number;
    this.#plan = { context, directory, retention, mover, deadlineMs, nextNumber, capacity: new Capacity(context, directory, retention, mover) };
    this.#intakes = new TopicIntakes((topic) => context.keys.topicKey(topic), (topic) => new Intake(this.#plan, topic));
  }

  publish(batch: PublishBatch): Observable<readonly PublishReceipt[]> {
    return this.#intakes.publish(batch);
  }

  cancelScheduled(topic: TopicRef, id: string): Observable<boolean> {
    return defer(async () => {
      const { context, directory } = this.#plan;
      const { shard, local } = placeOf(id);
      const record = await directory.topic(topic);
      if (record === undefined || shard >= record.shardCount || !local.startsWith('s')) return false;
      const { scheduled, scheduledBody } = shardKeys(context.keys, topic, shard);
      return (await context.connection.run(cancelScript, [scheduled, scheduledBody], [local])) === 1;
    });
  }

  /** Calls that wait answer `CLOSED`. */
  close(): void {
    this.#intakes.close();
  }
}
