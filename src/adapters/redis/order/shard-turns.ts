import type { ConsumerIdentity } from '../../../port/delivery-store.js';
import type { SubscriptionRef } from '../../../port/names.js';
import { ChronowError, isChronowError } from '../../../errors.js';
import type { Argument } from '../connection/connection.js';
import type { Context } from '../context.js';
import type { RedisLease } from '../lease/lease.js';
import type { Directory } from '../topics/directory.js';
import { convertScript } from './convert-script.js';
import type { OrderPlace } from './order-keys.js';
import { orderPlace } from './order-keys.js';
import { restoreScript } from './restore-script.js';
import type { Item } from './turn-arguments.js';
import { addItem, isolatedArguments } from './turn-arguments.js';
import type { Taken, TurnAnswer } from './turn-reply.js';
import { readTurn } from './turn-reply.js';
import { turnScript } from './turn-script.js';

/** What a turn is to do. */
export interface TurnWork {
  readonly items: readonly Item[];
  readonly credit: number;
  readonly run: number;
  readonly isolated: RedisLease | undefined;
}

/** How a turn went; `order` says that the subscription keeps no order any more. */
export type TurnOutcome = TurnAnswer | { readonly kind: 'deleted' } | { readonly kind: 'unordered' };

/** Claims nothing, and takes the number of the turn, so that its first sending can do nothing any more. */
const closing = -1;
const walkLimit = 2_000;
const seenEveryMs = 10_000;

/**
 * The turns of one consumer in one shard, one after the other. A turn whose answer was lost is asked for again before the next one, under its
 * number: what it settled is learnt so, and what it handed out, which nobody here knows of, goes back before anything behind it is claimed.
 */
export class ShardTurns {
  readonly place: OrderPlace;
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #ref: SubscriptionRef;
  readonly #consumer: ConsumerIdentity;
  #turn = 0;
  #unresolved: TurnWork | undefined = undefined;
  #ghosts: readonly Taken[] = [];
  #more: readonly string[] = [];
  #seenAt = -Infinity;

  constructor(context: Context, directory: Directory, ref: SubscriptionRef, shard: number, consumer: ConsumerIdentity) {
    this.#context = context;
    this.#directory = directory;
    this.#ref = ref;
    this.#consumer = consumer;
    this.place = orderPlace(context.keys, ref, shard);
  }

  /** Whether an earlier turn has to be cleared up before anything else. */
  get isOpen(): boolean {
    return this.#unresolved !== undefined || this.#ghosts.length > 0;
  }

  /** Clears up what an earlier turn left open. `learn` hears what became of its settlements. */
  async resolve(learn: (items: readonly Item[], outcome: TurnOutcome) => void): Promise<void> {
    const lost = this.#unresolved;
    if (lost !== undefined) {
      const outcome = await this.#send(this.#turn, { ...lost, credit: closing });
      this.#unresolved = undefined;
      learn(lost.items, outcome);
      if (outcome.kind === 'ok') this.#ghosts = [...this.#ghosts, ...outcome.taken];
    }
    if (this.#ghosts.length === 0) return;
    const ghosts = this.#ghosts;
    this.#turn += 1;
    await this.#send(this.#turn, { items: [], credit: 0, run: 1, isolated: undefined }, ghosts);
    this.#ghosts = [];
  }

  /** One turn; {@link resolve} must have been called. */
  async run(work: TurnWork): Promise<TurnOutcome> {
    this.#turn += 1;
    try {
      const outcome = await this.#send(this.#turn, work);
      if (outcome.kind === 'ok') this.#more = work.credit > 0 ? outcome.more : [...new Set([...this.#more, ...outcome.more])];
      return outcome;
    } catch (error) {
      this.#unresolved = work;
      throw error;
    }
  }

  async #send(turn: number, work: TurnWork, ghosts: readonly Taken[] = []): Promise<TurnOutcome> {
    for (let attempt = 0; ; attempt++) {
      const reply = await this.#ask(this.#arguments(turn, work, ghosts));
      if (reply.kind === 'ok') return reply;
      if (reply.kind === 'gone') return { kind: 'deleted' };
      // Sent by nobody but us, so only a turn that was overtaken by its own repeat: its answer is that of the repeat.
      if (reply.kind === 'stale' || attempt >= 5) throw lostTurn();
      const outcome = await this.#context.connection.run(convertScript, this.place.all, [this.#ref.subscription, this.place.group]);
      if (outcome === 'gone') return { kind: 'deleted' };
      const record = await this.#directory.subscription(this.#ref);
      if (record === undefined) return { kind: 'deleted' };
      if (record.policy.order === 'none') return { kind: 'unordered' };
    }
  }

  async #ask(args: readonly Argument[]): Promise<ReturnType<typeof readTurn>> {
    const { connection } = this.#context;
    try {
      return readTurn(this.place.shard, await connection.run(turnScript, this.place.all, args));
    } catch (error) {
      if (!isChronowError(error, 'LINK_LOST') || error.details?.['reason'] !== 'NOGROUP') throw error;
      // The stream was deleted under us: group and companions begin anew, in one step.
      await connection.run(restoreScript, this.place.all, [this.#ref.subscription, this.place.group]);
      await this.#directory.revive(this.#ref, this.place.shard);
      return readTurn(this.place.shard, await connection.run(turnScript, this.place.all, args));
    }
  }

  #arguments(turn: number, { items, credit, run, isolated }: TurnWork, ghosts: readonly Taken[]): Argument[] {
    const now = this.#context.runtime.now();
    const isSeen = now - this.#seenAt >= seenEveryMs;
    if (isSeen) this.#seenAt = now;
    const more = credit > 0 ? this.#more : [];
    const args: Argument[] = [this.#ref.subscription, this.place.group, this.#consumer.consumerId, turn, credit, run, walkLimit, isSeen ? '1' : '0', ...isolatedArguments(isolated), more.length, ...more];
    for (const item of items) addItem(args, item);
    for (const { stream, entryId, count, deliveryCount, entry } of ghosts) {
      const { key } = entry.message;
      args.push('l', entryId, count, key === undefined ? 'u' : `k${key}`, stream === 'retry' ? 'r' : 'm', deliveryCount, '', '""', '');
    }
    return args;
  }
}

function lostTurn(): ChronowError {
  return new ChronowError('LINK_LOST', 'an ordered turn was overtaken by a later one of the same consumer; try again', { retryable: true, details: { reason: 'stale' } });
}
