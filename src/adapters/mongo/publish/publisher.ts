import { defer, type Observable } from 'rxjs';
import type { TopicRef } from '../../../port/names.js';
import type { MessagePublisher, PublishBatch, PublishReceipt } from '../../../port/publisher.js';
import { TopicIntakes } from '../../common/topic-intakes.js';
import type { Context } from '../context.js';
import type { Directory } from '../topics/directory.js';
import { cancelScheduled } from './cancel.js';
import { Capacity } from './capacity.js';
import type { IntakePlan } from './intake.js';
import { Intake } from './intake.js';
import type { Retention } from './retention.js';

export interface PublisherOptions {
  /** How long a publish may take before its outcome is reported as unknown, ms. Default: 15 000. */
  readonly deadlineMs?: number | undefined;
}

const defaultDeadlineMs = 15_000;

/** Publishing to MongoDB: concurrent calls share their round trips, topic by topic. */
export class Publisher implements MessagePublisher {
  readonly #plan: IntakePlan;
  readonly #intakes: TopicIntakes;

  constructor(context: Context, directory: Directory, retention: Retention, options: PublisherOptions = {}) {
    this.#plan = { context, directory, retention, deadlineMs: options.deadlineMs ?? defaultDeadlineMs, capacity: new Capacity(context, directory, retention) };
    this.#intakes = new TopicIntakes((topic) => context.keys.topicKey(topic), (topic) => new Intake(this.#plan, topic));
  }

  publish(batch: PublishBatch): Observable<readonly PublishReceipt[]> {
    return this.#intakes.publish(batch);
  }

  cancelScheduled(topic: TopicRef, id: string): Observable<boolean> {
    return defer(() => cancelScheduled(this.#plan.context, this.#plan.directory, topic, id));
  }

  /** Calls that wait answer `CLOSED`. */
  close(): void {
    this.#intakes.close();
  }
}
