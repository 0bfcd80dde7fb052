import type { ConsumerIdentity } from '../../../port/delivery-store.js';
import type { SubscriptionRef } from '../../../port/names.js';
import type { Context } from '../context.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { Bell } from './bell.js';
import type { OrderPlace } from './order-keys.js';
import { ShardTurns } from './shard-turns.js';
import { leaveSweeper, reportPassings, shareSweeper, type Sweeper } from './sweeper.js';
import type { TurnAnswer } from './turn-reply.js';

/** An idle claim looks again after so long, whatever it heard: of a deleted subscription no bell tells. */
const restMs = 2_000;

/** A consumer in one shard: its turns, and what tells it that one may be worth while. */
export class ShardLine {
  readonly turns: ShardTurns;
  readonly bell: Bell;
  readonly sweeper: Sweeper;
  /** There may be something for a claim. */
  isRung = true;
  readonly #context: Context;
  readonly #ref: SubscriptionRef;
  readonly #isEphemeral: boolean;
  #dueAt = Infinity;
  #restUntil = 0;
  #cursor: string | undefined = undefined;
  #lastWake = '0-0';
  #closed = false;

  constructor(context: Context, directory: Directory, { ref, ephemeral }: SubscriptionRecord, shard: number, consumer: ConsumerIdentity, wake: () => void) {
    this.#context = context;
    this.#ref = ref;
    this.#isEphemeral = ephemeral;
    this.turns = new ShardTurns(context, directory, ref, shard, consumer);
    this.sweeper = shareSweeper(context, ref, this.place);
    this.bell = new Bell(context, this.place, () => {
      this.isRung = true;
      wake();
    });
  }

  get place(): OrderPlace {
    return this.turns.place;
  }

  /** Takes note of where a turn left off, and tells what happened on the way. */
  heard({ serverNow, nextDue, cursor, hush, lastWake, events, gone }: TurnAnswer, sentAt: number): void {
    const { runtime, connection, report } = this.#context;
    const now = runtime.now();
    connection.clock.observe(serverNow);
    // The server's clock may be another one: only the difference counts, and never early.
    this.#dueAt = nextDue === undefined ? Infinity : now + Math.max(1, nextDue - serverNow);
    this.#restUntil = sentAt + restMs;
    this.#cursor = hush ? undefined : cursor;
    this.#lastWake = lastWake;
    reportPassings(this.#context, this.#ref, this.place.shard, events);
    // Of a durable one whoever dropped it has told.
    if (gone > 0 && this.#isEphemeral) report({ type: 'gap', subscription: this.#ref, missed: gone });
  }

  /** When to look again, by the clock of this process. */
  get nextAt(): number {
    return Math.min(this.#dueAt, this.sweeper.nextAt, this.#restUntil);
  }

  /** Listens; answers when to look again. */
  listen(): number {
    if (!this.#closed) this.bell.listen({ cursor: this.#cursor, lastWake: this.#lastWake });
    return Math.max(this.nextAt, this.#context.runtime.now() + 1);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.bell.close();
    leaveSweeper(this.#context, this.#ref, this.place, this.sweeper);
  }
}
