import type { Subscriber } from 'rxjs';
import { ChronowError, isChronowError } from '../../../errors.js';
import type { TopicRef } from '../../../port/names.js';
import type { PublishBatch, PublishReceipt } from '../../../port/publisher.js';
import { KnownBatches } from '../../common/known-batches.js';
import { Part } from '../../common/part.js';
import { PendingBatch } from '../../common/pending-batch.js';
import type { Context } from '../context.js';
import type { Directory } from '../topics/directory.js';
import { readLimits } from '../topics/topic-record.js';
import type { Capacity } from './capacity.js';
import { Cargo } from './cargo.js';
import { Duplicates } from './duplicates.js';
import { Landing, NotPointed } from './landing.js';
import type { Trip } from './lane.js';
import { Lane } from './lane.js';
import { InDoubt, isInDoubt, isOrdered, type Place } from './place.js';
import { Placing } from './placing.js';
import type { Retention } from './retention.js';

/** What the intakes of all topics have in common. */
export interface IntakePlan {
  readonly context: Context;
  readonly directory: Directory;
  readonly capacity: Capacity;
  readonly retention: Retention;
  readonly deadlineMs: number;
}

/** A full topic is measured this often before its answer counts: others may take what was found. */
const measures = 5;
/** Trips of unknown outcome that can still be completed by whoever sends the same batch again. */
const mostLost = 64;

interface Lost {
  readonly cargo: Cargo;
  readonly place: Place;
}

/** The way into one topic. */
export class Intake {
  readonly #plan: IntakePlan;
  readonly #ref: TopicRef;
  readonly #known: KnownBatches = new KnownBatches();
  readonly #lane: Lane;
  readonly #placing: Placing;
  readonly #landing: Landing;
  #lost: readonly Lost[] = [];
  readonly #resuming: Set<Lost> = new Set();
  #closedBy: unknown = undefined;

  constructor(plan: IntakePlan, ref: TopicRef) {
    const { context, directory } = plan;
    const duplicates = new Duplicates(context.store);
    this.#plan = plan;
    this.#ref = ref;
    this.#placing = new Placing(context, directory, duplicates, ref);
    this.#landing = new Landing(context.store, context.runtime, duplicates);
    this.#lane = new Lane(context.runtime, (parts, alone) => this.#depart(parts, alone));
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
    this.#send(batch, new Part(batch, messages, undefined, this.#deadline()));
  }

  close(error: unknown): void {
    this.#closedBy = error;
    this.#lane.close(error);
  }

  #send(batch: PendingBatch, part: Part): void {
    batch.parts = [part];
    if (this.#closedBy === undefined) this.#lane.push(part);
    else part.refuse(this.#closedBy);
  }

  /** The same batch under its token once more: what is stored is answered, what is not is sent, what is unknown is completed under the ids it had. */
  #again(batch: PendingBatch, subscriber: Subscriber<readonly PublishReceipt[]>): void {
    batch.wait(subscriber);
    const [part] = batch.parts;
    if (part === undefined || part.state === 'open') return;
    if (part.state === 'refused') {
      this.#send(batch, new Part(batch, part.messages, undefined, this.#deadline()));
      return;
    }
    const lost = this.#lost.find(({ cargo }) => cargo.parts.some((other) => other === part));
    if (lost === undefined) {
      // Too many others came after it.
      batch.heard();
      return;
    }
    part.state = 'open';
    part.deadline = this.#deadline();
    if (!this.#resuming.has(lost)) void this.#resume(lost);
  }

  async #resume(lost: Lost): Promise<void> {
    const { cargo, place } = lost;
    this.#resuming.add(lost);
    this.#lost = this.#lost.filter((other) => other !== lost).concat(lost);
    try {
      await this.#landing.land(cargo, await this.#secure(place, this.#plan.deadlineMs), this.#leftOf(cargo.parts));
      this.#lost = this.#lost.filter((other) => other !== lost);
      cargo.store();
    } catch (error) {
      for (const part of cargo.parts) part.expire(causeOf(error));
    } finally {
      this.#resuming.delete(lost);
    }
  }

  async #depart(parts: readonly Part[], alone: () => Promise<void>): Promise<Trip | undefined> {
    let left = parts;
    for (let measured = 0; left.length > 0; measured++) {
      const cargo = new Cargo(left);
      const place = await this.#placing.place(cargo, this.#leftOf(left));
      if (place !== undefined) return { isOrdered: isOrdered(place.topic), land: () => this.#land(cargo, place) };
      if (cargo.fresh.length === 0) {
        cargo.store();
        return undefined;
      }
      // What others of this process have on the way is not counted before it is there.
      await alone();
      left = await this.#admit(cargo, measured);
    }
    return undefined;
  }

  /** Those that fit; the others are refused. */
  async #admit(cargo: Cargo, measured: number): Promise<readonly Part[]> {
    const { context, capacity } = this.#plan;
    const needs = cargo.needs(context.store.clock.now());
    const room = await capacity.ask(this.#ref, needs.reduce((sum, need) => sum + need, 0));
    if (room.fits && measured < measures) return cargo.parts;
    const error = room.fits ? new ChronowError('LINK_LOST', `topic "${this.#ref.topic}" is nearly full and others took its room ${measures} times; nothing is stored`, { retryable: true }) : room.error;
    let free = room.fits ? 0 : room.room;
    const admitted: Part[] = [];
    for (const [at, part] of cargo.parts.entries()) {
      const need = needs[at] ?? 0;
      if (need > free) part.refuse(error);
      else {
        free -= need;
        admitted.push(part);
      }
    }
    return admitted;
  }

  async #land(cargo: Cargo, place: Place): Promise<void> {
    try {
      await this.#store(cargo, place);
    } catch (error) {
      this.#fail({ cargo, place }, error);
      return;
    }
    const { capacity, retention } = this.#plan;
    const limits = readLimits(place.topic.limits);
    // A batch larger than the topic: it is stored, whatever becomes of the rest of it.
    if (limits.onFull === 'dropOldest' && cargo.fresh.length > limits.maxStreamLen) await capacity.trimToBound(this.#ref).catch(() => undefined);
    cargo.store();
    retention.touch(this.#ref, limits, cargo.fresh.length);
  }

  /** Where there was an election meanwhile the place is confirmed before anybody is told. */
  async #store(cargo: Cargo, place: Place): Promise<void> {
    const left = (): number => this.#leftOf(cargo.parts);
    try {
      await this.#landing.land(cargo, place, left());
    } catch (error) {
      if (!(error instanceof InDoubt)) throw error;
      await this.#landing.land(cargo, await this.#secure(place, left()), left());
      return;
    }
    if (isInDoubt(this.#plan.context.store, place)) await this.#landing.add(cargo, place, await this.#secure(place, left()), left());
  }

  async #secure(place: Place, deadlineMs: number): Promise<Place> {
    const now = await this.#placing.secure(place, deadlineMs);
    if (now === undefined) throw new ChronowError('LINK_LOST', `topic "${this.#ref.topic}" was deleted while the outcome of a publish was unknown`);
    return now;
  }

  #fail(lost: Lost, error: unknown): void {
    const isUnknown = error instanceof NotPointed || isChronowError(error, 'LINK_LOST') || isChronowError(error, 'CLOSED');
    // Before anybody is told: who is told may send it again.
    if (isUnknown) this.#lost = [...this.#lost, lost].slice(-mostLost);
    for (const part of lost.cargo.parts) {
      if (isUnknown) part.expire(causeOf(error));
      else part.refuse(error);
    }
  }

  #leftOf(parts: readonly Part[]): number {
    const latest = parts.reduce((most, { deadline }) => Math.max(most, deadline), 0);
    return Math.max(1, latest - this.#plan.context.runtime.now());
  }

  #deadline(): number {
    return this.#plan.context.runtime.now() + this.#plan.deadlineMs;
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof NotPointed ? error.cause : error;
}
