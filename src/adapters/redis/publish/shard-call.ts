import { ChronowError, isChronowError } from '../../../errors.js';
import type { TopicRef } from '../../../port/names.js';
import type { Argument } from '../connection/connection.js';
import { asText } from '../connection/reply.js';
import type { Reply } from '../connection/reply.js';
import type { Script } from '../connection/script.js';
import type { Context } from '../context.js';
import type { ShardKeys } from '../layout/shard-keys.js';
import { shardKeys } from '../layout/shard-keys.js';
import type { Part } from '../../common/part.js';
import { pushMessage } from './publish-arguments.js';
import { publishBodiesScript, publishScript, resolveBatchScript, rotateScript } from './publish-scripts.js';

/** One call: what goes to the server, as often as it takes, under one number of one slot. */
export interface ShardCall {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly Argument[];
}

const againMs = 50;
const slowAgainMs = 1_000;

/** Puts calls of one shard together and sends them. */
export class ShardCalls {
  readonly #context: Context;
  readonly #keys: ShardKeys;
  readonly #tryMs: number;

  constructor(context: Context, ref: TopicRef, shard: number, deadlineMs: number) {
    this.#context = context;
    this.#tryMs = deadlineMs / 2;
    this.#keys = shardKeys(context.keys, ref, shard);
  }

  of(parts: readonly Part[], shardCount: number, slot: string, number: number): ShardCall {
    const { topic, meta, tokens, idempotency, scheduled, scheduledBody } = this.#keys;
    if (parts.every((part) => part.isBodyOnly)) {
      const args: Argument[] = [shardCount, slot, number];
      for (const { messages } of parts) for (const { body } of messages) if (typeof body === 'string') args.push(body);
      return { script: publishBodiesScript, keys: [topic, meta, tokens], args };
    }
    let count = 0;
    for (const { messages } of parts) count += messages.length;
    const args: Argument[] = [shardCount, slot, number, count];
    for (const { messages } of parts) for (const message of messages) pushMessage(args, message);
    return { script: publishScript, keys: [topic, meta, tokens, ...idempotency, scheduled, scheduledBody], args };
  }

  /** Until the deadline. Rejects with `LINK_LOST` where the outcome is unknown by then, and with {@link NotStored} where nothing is stored. */
  async send(call: ShardCall, deadline: number): Promise<Reply> {
    const { runtime } = this.#context;
    for (;;) {
      try {
        // Twice at least: past its deadline a line is replaced, and the second one may be well.
        return await this.#once(call, Math.max(1, Math.min(this.#tryMs, deadline - runtime.now())));
      } catch (error) {
        if (!isPassing(error)) throw new NotStored(error);
        if (runtime.now() + againMs >= deadline) throw error;
      }
      await this.#pause(againMs);
    }
  }

  /** A step before anything is stored, until the deadline: where it fails, nothing is. */
  async before<T>(step: () => Promise<T>, deadline: number): Promise<T> {
    for (;;) {
      try {
        return await step();
      } catch (error) {
        if (!isPassing(error) || this.#context.runtime.now() + againMs >= deadline) throw new NotStored(error);
      }
      await this.#pause(againMs);
    }
  }

  /** Whether a batch was stored whose answer was lost; asks until it knows. From then on a copy of it that is still under way is refused. */
  async resolve(slot: string, number: number): Promise<Reply> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#once({ script: resolveBatchScript, keys: [this.#keys.topic, this.#keys.tokens], args: [slot, number] }, this.#tryMs);
      } catch (error) {
        if (isChronowError(error, 'CLOSED')) throw error;
      }
      await this.#pause(Math.min(slowAgainMs, againMs * 2 ** attempt));
    }
  }

  /** Clears the older bucket of idempotency keys. */
  async rotate(): Promise<void> {
    const [older, younger] = this.#keys.idempotency;
    while ((await this.#context.connection.run(rotateScript, [older, younger, this.#keys.meta], [])) !== 0);
  }

  async #once({ script, keys, args }: ShardCall, leftMs: number): Promise<Reply> {
    const { connection } = this.#context;
    const options = { deadlineMs: leftMs };
    if (connection.durability === undefined) return connection.run(script, keys, args, options);
    const { reply, enough, replicas } = await connection.runConfirmed(script, keys, args, options);
    if (enough || !isStored(reply)) return reply;
    throw new ChronowError('LINK_LOST', `a publish reached ${replicas} replicas in time, ${connection.durability.replicas} are asked for; it is stored on the master only`, {
      retryable: true,
      details: { reason: 'not-confirmed', replicas },
    });
  }

  #pause(ms: number): Promise<void> {
    const { runtime } = this.#context;
    return new Promise((resolve) => { runtime.at(runtime.now() + ms, resolve); });
  }
}

/** Whether an answer says that something is stored; only that has to be confirmed. */
function isStored(reply: Reply): boolean {
  if (typeof reply === 'string') return reply.includes('-');
  return reply !== null && typeof reply === 'object' && reply[0] === 'again' && !asText(reply[1]).startsWith('refused');
}

/** Whether the same call may fare better soon. Where memory ran out it is for somebody to act. */
function isPassing(error: unknown): boolean {
  return isChronowError(error, 'LINK_LOST') && error.details['reason'] !== 'out-of-memory';
}

/** A call was refused: nothing of it is stored. */
export class NotStored extends Error {
  constructor(cause: unknown) {
    super('nothing was stored', { cause });
  }
}
