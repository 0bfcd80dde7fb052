import { ChronowError } from '../../../errors.js';
import type { TopicRef } from '../../../port/names.js';
import { asList, asNumber, asText } from '../connection/reply.js';
import type { Reply } from '../connection/reply.js';
import type { Context } from '../context.js';
import type { Directory } from '../topics/directory.js';
import type { TopicRecord } from '../topics/records.js';
import type { Capacity } from './capacity.js';
import type { Part } from '../../common/part.js';
import { receiptsOf } from './receipts.js';
import { NotStored, ShardCalls } from './shard-call.js';

/** A full topic is measured this often before its answer counts: others may take what was found. */
const measures = 3;

/** What flights of a topic have in common. */
export interface FlightPlan {
  readonly context: Context;
  readonly directory: Directory;
  readonly capacity: Capacity;
  readonly deadlineMs: number;
  /** A number that no call of this process had before. */
  readonly nextNumber: () => number;
  /** The topic changed under the call, and nothing of it is stored: to be sent anew. */
  readonly reroute: (parts: readonly Part[]) => void;
  /** Scheduled messages were stored; the earliest is due then, by the server's clock. */
  readonly expect: (dueAt: number) => void;
}

/** Sends calls to one shard and gives each part its outcome. */
export class ShardFlights {
  readonly #plan: FlightPlan;
  readonly #topic: TopicRecord;
  readonly #shard: number;
  readonly #calls: ShardCalls;

  constructor(plan: FlightPlan, topic: TopicRecord, ref: TopicRef, shard: number) {
    this.#plan = plan;
    this.#topic = topic;
    this.#shard = shard;
    this.#calls = new ShardCalls(plan.context, ref, shard, plan.deadlineMs);
  }

  /** Comes back when the outcome is known, however long that takes. */
  async fly(slot: number, parts: readonly Part[]): Promise<void> {
    const number = this.#plan.nextNumber();
    const field = `${this.#plan.context.clientId}:${String(slot)}`;
    const call = this.#calls.of(parts, this.#topic.shardCount, field, number);
    const deadline = latest(parts);
    try {
      for (let measured = 0; ; ) {
        const reply = await this.#calls.send(call, deadline);
        const needed = neededOf(reply);
        if (reply === 'rotate') await this.#calls.before(() => this.#calls.rotate(), deadline);
        else if (needed === undefined) { this.#land(parts, reply); return; }
        else {
          const room = await this.#calls.before(() => this.#plan.capacity.ask(this.#topic, this.#shard, needed), deadline);
          measured++;
          if (room.fits && measured < measures) continue;
          if (room.fits) { this.#refuse(parts, new NotStored(undefined)); return; }
          await this.#divide(slot, parts, room.room, room.error); return;
        }
      }
    } catch (error) {
      if (error instanceof NotStored) { this.#refuse(parts, error.cause); return; }
      for (const part of parts) part.expire(error);
      this.#land(parts, await this.#calls.resolve(field, number)); return;
    }
  }

  #land(parts: readonly Part[], reply: Reply): void {
    if (typeof reply === 'string') {
      if (reply === 'gone' || reply === 'stale') return this.#plan.reroute(this.#wanted(parts));
      // A later call of this slot is there already, although a slot is free only when its outcome is known.
      if (reply === 'late') return this.#lose(parts);
      return this.#store(parts, reply);
    }
    if (asList(reply)[0] !== 'again') return this.#lose(parts);
    const text = asText(asList(reply)[1]);
    if (text.startsWith('refused')) return this.#plan.reroute(this.#wanted(parts));
    this.#store(parts, text);
  }

  #store(parts: readonly Part[], text: string): void {
    const space = text.indexOf(' ');
    const isTimed = space > 0 && !text.slice(0, space).includes('-');
    const receipts = receiptsOf(this.#shard, isTimed ? text.slice(space + 1) : text);
    if (isTimed) this.#plan.context.connection.clock.observe(Number(text.slice(0, space)));
    let at = 0;
    let earliest = Infinity;
    for (const part of parts) {
      const own = parts.length === 1 ? receipts : receipts.slice(at, at + part.messages.length);
      at += part.messages.length;
      if (!part.isBodyOnly) for (const { dueAt = Infinity, duplicate } of own) if (dueAt < earliest && !duplicate) earliest = dueAt;
      part.store(own);
    }
    if (earliest < Infinity) this.#plan.expect(earliest);
  }

  /** Not all fits: what cannot fit by itself is refused, then as many of the others as fit go first. */
  async #divide(slot: number, parts: readonly Part[], room: number, error: unknown): Promise<void> {
    if (parts.length === 1) { this.#refuse(parts, error); return; }
    const possible: Part[] = [];
    for (const part of parts) {
      if (part.isBodyOnly && part.messages.length > room) part.refuse(error);
      else possible.push(part);
    }
    let count = 0;
    let end = 0;
    while (end < possible.length && possible[end]?.isBodyOnly === true && count + (possible[end]?.messages.length ?? 0) <= room) count += possible[end++]?.messages.length ?? 0;
    // Of others it is not known how much room they need: each for itself.
    const first = possible.slice(0, Math.max(1, end));
    const rest = possible.slice(first.length);
    if (first.length > 0) await this.fly(slot, first);
    if (rest.length > 0) await this.fly(slot, rest);
  }

  #lose(parts: readonly Part[]): void {
    for (const part of parts) part.expire(new ChronowError('LINK_LOST', 'the server holds a later publish in the place of this one; whether it is stored is unknown', { details: { reason: 'late' } }));
  }

  #refuse(parts: readonly Part[], error: unknown): void {
    for (const part of parts) part.refuse(error);
  }

  /** Those that somebody still waits for; the others are not stored, and now that is known. */
  #wanted(parts: readonly Part[]): readonly Part[] {
    for (const part of parts) if (part.state !== 'open') part.refuse(part.error);
    return parts.filter(({ state }) => state === 'open');
  }
}

function latest(parts: readonly Part[]): number {
  let deadline = 0;
  for (const part of parts) deadline = Math.max(deadline, part.deadline);
  return deadline;
}

/** How many messages need room that is not there for certain. */
function neededOf(reply: Reply): number | undefined {
  if (reply === null || typeof reply !== 'object' || reply[0] !== 'check') return undefined;
  return asNumber(reply[1]);
}
