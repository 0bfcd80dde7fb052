import type { Subscriber } from 'rxjs';
import { isChronowError } from '../../../errors.js';
import type { OutgoingMessage } from '../../../port/message.js';
import type { TopicRef } from '../../../port/names.js';
import type { PublishBatch, PublishReceipt } from '../../../port/publisher.js';
import type { Context } from '../context.js';
import type { Directory } from '../topics/directory.js';
import type { TopicRecord } from '../topics/records.js';
import type { BatchPart } from '../../common/batch-part.js';
import type { Capacity } from './capacity.js';
import { ShardFlights } from './flight.js';
import { KnownBatches } from '../../common/known-batches.js';
import type { ScheduledMover } from './mover.js';
import { Part } from '../../common/part.js';
import { PendingBatch } from '../../common/pending-batch.js';
import type { Retention } from './retention.js';
import { shardFor } from './shard-choice.js';
import { ShardLane } from './shard-lane.js';

/** What the intakes of all topics have in common. */
export interface IntakePlan {
  readonly context: Context;
  readonly directory: Directory;
  readonly capacity: Capacity;
  readonly retention: Retention;
  readonly mover: ScheduledMover;
  readonly deadlineMs: number;
  readonly nextNumber: () => number;
}

/** Where a topic stands open: its record as last seen, and a lane for each of its shards. */
interface Opened {
  readonly topic: TopicRecord;
  readonly lanes: readonly ShardLane[];
}

/** The way into one topic. */
export class Intake {
  readonly #plan: IntakePlan;
  readonly #ref: TopicRef;
  readonly #known: KnownBatches = new KnownBatches();
  readonly #closing: ShardLane[] = [];
  #opened: Opened | undefined = undefined;
  #isOpening = false;
  /** Parts that wait for the topic's record; where it is known they are made anew. */
  #waiting: Part[] = [];
  #turn = 0;
  #closedBy: unknown = undefined;

  constructor(plan: IntakePlan, ref: TopicRef) {
    this.#plan = plan;
    this.#ref = ref;
  }

  publish({ token, messages }: PublishBatch, subscriber: Subscriber<readonly PublishReceipt[]>): void {
    const known = token === undefined ? undefined : this.#known.find(token);
    if (known !== undefined) {
      this.#again(known, subscriber);
      return;
    }
    const batch = new PendingBatch(this.#ref.topic, messages);
    if (token !== undefined) this.#known.add(token, batch);
    batch.wait(subscriber);
    this.#route(batch, messages, undefined, this.#deadline());
  }

  close(error: unknown): void {
    this.#closedBy = error;
    for (const part of this.#waiting.splice(0)) part.refuse(error);
    for (const lane of [...this.#closing, ...(this.#opened?.lanes ?? [])]) lane.close(error);
  }

  /** The same batch under its token once more: what is stored is answered, what is not is sent, what is unknown is waited for. */
  #again(batch: PendingBatch, subscriber: Subscriber<readonly PublishReceipt[]>): void {
    batch.wait(subscriber);
    const { parts } = batch;
    const deadline = this.#deadline();
    const refused = parts.filter(({ state }) => state === 'refused');
    for (const part of parts) {
      if (part.state !== 'unknown') continue;
      part.state = 'open';
      part.deadline = deadline;
    }
    for (const lane of [...this.#closing, ...(this.#opened?.lanes ?? [])]) lane.again(deadline);
    for (const part of refused) this.#reroute(batch, part, deadline);
  }

  #reroute(batch: PendingBatch, part: BatchPart, deadline: number): void {
    batch.parts = batch.parts.filter((other) => other !== part);
    this.#route(batch, part.messages, part.places, deadline);
  }

  /** Makes parts of messages and sends each on its way. */
  #route(batch: PendingBatch, messages: readonly OutgoingMessage[], places: readonly number[] | undefined, deadline: number): void {
    const opened = this.#opened;
    if (opened === undefined) {
      const part = new Part(batch, messages, places, deadline);
      batch.parts.push(part);
      this.#waiting.push(part);
      if (this.#closedBy !== undefined) this.close(this.#closedBy);
      else void this.#open();
      return;
    }
    const { shardCount } = opened.topic;
    const turn = this.#turn++;
    const parts: [number, Part][] = shardCount === 1 ? [[0, new Part(batch, messages, places, deadline)]] : this.#split(batch, messages, places, deadline, turn, shardCount);
    for (const [, part] of parts) batch.parts.push(part);
    for (const [shard, part] of parts) opened.lanes[shard]?.push(part);
  }

  #split(batch: PendingBatch, messages: readonly OutgoingMessage[], places: readonly number[] | undefined, deadline: number, turn: number, shardCount: number): [number, Part][] {
    const byShard = new Map<number, { messages: OutgoingMessage[]; places: number[] }>();
    messages.forEach((message, index) => {
      const shard = shardFor(message, shardCount, turn);
      const group = byShard.get(shard) ?? { messages: [], places: [] };
      group.messages.push(message);
      group.places.push(places?.[index] ?? index);
      byShard.set(shard, group);
    });
    return [...byShard].map(([shard, group]) => [shard, new Part(batch, group.messages, group.places, deadline)]);
  }

  /** Finds the topic, or creates it; then everything that waited goes its way. */
  async #open(): Promise<void> {
    if (this.#isOpening) return;
    this.#isOpening = true;
    try {
      const topic = await this.#plan.directory.openTopic(this.#ref);
      this.#opened = { topic, lanes: this.#lanesOf(topic) };
    } catch (error) {
      const { runtime } = this.#plan.context;
      const isPassing = isChronowError(error, 'LINK_LOST');
      for (const part of this.#waiting.splice(0)) {
        if (isPassing && part.deadline > runtime.now()) this.#waiting.push(part);
        else part.refuse(error);
      }
    }
    this.#isOpening = false;
    const waiting = this.#waiting.splice(0);
    for (const part of waiting) this.#reroute(part.batch, part, part.deadline);
  }

  #lanesOf(topic: TopicRecord): readonly ShardLane[] {
    const { context, directory, capacity, retention, mover, deadlineMs, nextNumber } = this.#plan;
    const plan = {
      context,
      directory,
      capacity,
      deadlineMs,
      nextNumber,
      reroute: (parts: readonly Part[]): void => {
        this.#reload(topic);
        for (const part of parts) this.#reroute(part.batch, part, part.deadline);
      },
      expect: (dueAt: number): void => { mover.expect(this.#ref, context.connection.clock.toOurs(dueAt) - context.runtime.now()); },
    };
    return Array.from({ length: topic.shardCount }, (_, shard) => {
      const flights = new ShardFlights(plan, topic, this.#ref, shard);
      return new ShardLane(context, async (slot, parts) => {
        await flights.fly(slot, parts);
        retention.touch(this.#ref, shard, topic.limits.retentionMs);
      });
    });
  }

  /** The topic is another than it was. What still waits in the old lanes is told so by the server too. */
  #reload(topic: TopicRecord): void {
    if (this.#opened?.topic !== topic) return;
    this.#plan.directory.forget(this.#ref);
    for (let at = this.#closing.length - 1; at >= 0; at--) if (this.#closing[at]?.isIdle === true) this.#closing.splice(at, 1);
    this.#closing.push(...this.#opened.lanes);
    this.#opened = undefined;
  }

  #deadline(): number {
    return this.#plan.context.runtime.now() + this.#plan.deadlineMs;
  }
}
