import { defer, Observable } from 'rxjs';
import { ChronowError } from '../../../errors.js';
import type { TopicRef } from '../../../port/names.js';
import type { MessagePublisher, PublishBatch, PublishReceipt } from '../../../port/publisher.js';
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
  readonly #intakes: Map<string, Intake> = new Map();
  /** By the object that names the topic: a key is put together once, not for every message. */
  readonly #byRef: WeakMap<TopicRef, Intake> = new WeakMap();
  #isClosed = false;

  constructor(context: Context, directory: Directory, retention: Retention, options: PublisherOptions = {}) {
    this.#plan = { context, directory, retention, deadlineMs: options.deadlineMs ?? defaultDeadlineMs, capacity: new Capacity(context, directory, retention) };
  }

  publish(batch: PublishBatch): Observable<readonly PublishReceipt[]> {
    return new Observable((subscriber) => {
      if (this.#isClosed) subscriber.error(closed());
      else if (batch.messages.length === 0) {
        subscriber.next([]);
        subscriber.complete();
      } else this.#intakeOf(batch.topic).publish(batch, subscriber);
    });
  }

  cancelScheduled(topic: TopicRef, id: string): Observable<boolean> {
    return defer(() => cancelScheduled(this.#plan.context, this.#plan.directory, topic, id));
  }

  /** Calls that wait answer `CLOSED`. */
  close(): void {
    this.#isClosed = true;
    for (const intake of this.#intakes.values()) intake.close(closed());
    this.#intakes.clear();
  }

  #intakeOf(ref: TopicRef): Intake {
    const known = this.#byRef.get(ref);
    if (known !== undefined) return known;
    const key = this.#plan.context.keys.topicKey(ref);
    const intake = this.#intakes.get(key) ?? new Intake(this.#plan, ref);
    this.#intakes.set(key, intake);
    this.#byRef.set(ref, intake);
    return intake;
  }
}

function closed(): ChronowError {
  return new ChronowError('CLOSED', 'the broker is closed');
}
