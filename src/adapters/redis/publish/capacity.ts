import { ChronowError } from '../../../errors.js';
import type { TopicRef } from '../../../port/names.js';
import { asList, asNumber, asText } from '../connection/reply.js';
import type { Reply } from '../connection/reply.js';
import type { Context } from '../context.js';
import type { Directory } from '../topics/directory.js';
import { orderPlace } from '../order/order-keys.js';
import type { SubscriptionRecord, TopicRecord } from '../topics/records.js';
import { dropOldestScript, measureScript } from './capacity-scripts.js';
import { dropLanesScript } from './drop-lanes-script.js';
import type { ScheduledMover } from './mover.js';
import type { Retention } from './retention.js';
import { ShardView } from './shard-view.js';

/** Whether messages fit, or how many would. */
export type Room = { readonly fits: true } | { readonly fits: false; readonly room: number; readonly makesWay: boolean; readonly error: ChronowError };

const rounds = 20;

/** Finds out how much room a shard has, where the cheap count ran out. */
export class Capacity {
  readonly #context: Context;
  readonly #retention: Retention;
  readonly #mover: ScheduledMover;
  readonly #view: ShardView;

  constructor(context: Context, directory: Directory, retention: Retention, mover: ScheduledMover) {
    this.#context = context;
    this.#retention = retention;
    this.#mover = mover;
    this.#view = new ShardView(context, directory);
  }

  /** Settled messages go first, then what waits where the topic is to drop it. Events: `topic-filling`, `dropped`. */
  async ask(topic: TopicRecord, shard: number, need: number): Promise<Room> {
    await this.#mover.run(topic.ref, shard);
    await this.#retention.trim(topic.ref, shard);
    const room = await this.#measure(topic.ref, shard, need);
    // As it is stored: the record of this process may be older.
    if (room.fits || !room.makesWay) return room;
    await this.drop(topic.ref, shard, need);
    return { fits: true };
  }

  /** Drops the oldest that wait until so many more have room, or only leases are left. */
  async drop(ref: TopicRef, shard: number, need: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      const looked = await this.#view.run(dropOldestScript, ref, shard, need);
      if (looked === undefined) return;
      const [dropped = [], lanes = []] = asList(looked.reply).map((list) => asList(list));
      let count = dropped.length;
      for (let at = 0; at + 2 < dropped.length; at += 3) this.#tell(looked.subscriptions[asNumber(dropped[at]) - 1], dropped[at + 1], dropped[at + 2]);
      for (let at = 0; at + 1 < lanes.length; at += 2) count += await this.#dropLanes(looked.subscriptions[asNumber(lanes[at]) - 1], shard, asNumber(lanes[at + 1]));
      if (count === 0) return;
    }
  }

  async #dropLanes(record: SubscriptionRecord | undefined, shard: number, most: number): Promise<number> {
    if (record === undefined) return 0;
    const { all, group } = orderPlace(this.#context.keys, record.ref, shard);
    const dropped = asList(await this.#context.connection.run(dropLanesScript, all, [record.ref.subscription, group, most]));
    // It is being laid out anew, or it is gone.
    if (dropped[0] === 'mode' || dropped[0] === 'gone') return 0;
    for (let at = 0; at + 1 < dropped.length; at += 2) this.#tell(record, dropped[at], dropped[at + 1]);
    return dropped.length;
  }

  #tell(record: SubscriptionRecord | undefined, id: Reply | undefined, deliveries: Reply | undefined): void {
    if (record !== undefined) this.#context.report({ type: 'dropped', subscription: record.ref, id: asText(id), reason: 'Overflow', deliveryCount: asNumber(deliveries) });
  }

  async #measure(ref: TopicRef, shard: number, need: number): Promise<Room> {
    const looked = await this.#view.run(measureScript, ref, shard, need);
    // The topic is gone: the publish finds that out for itself.
    if (looked === undefined) return { fits: true };
    const [fits, room, held, fullest, unsettled, bound, isFilling, makesWay] = asList(looked.reply).map(asNumber);
    const subscription = looked.subscriptions[(fullest ?? 0) - 1]?.ref.subscription ?? '';
    if (isFilling === 1) this.#context.report({ type: 'topic-filling', topic: ref, subscription, unsettled: unsettled ?? 0, maxStreamLen: bound ?? 0 });
    if (fits === 1) return { fits: true };
    return { fits: false, room: room ?? 0, makesWay: makesWay === 1, error: topicFull(ref, { held: held ?? 0, bound: bound ?? 0, subscription, unsettled: unsettled ?? 0, need }) };
  }
}

function topicFull({ topic }: TopicRef, { held, bound, subscription, unsettled, need }: { held: number; bound: number; subscription: string; unsettled: number; need: number }): ChronowError {
  return new ChronowError(
    'TOPIC_FULL',
    `topic "${topic}" holds ${held} of at most ${bound} unsettled messages, and ${need} more do not fit; most are left by subscription "${subscription}" (${unsettled}). Let it catch up, delete it, or raise maxStreamLen.`,
    { details: { topic, maxStreamLen: bound, subscription, unsettled }, retryable: true },
  );
}
