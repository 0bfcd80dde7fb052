import type { SubscriptionRef } from '../../../port/names.js';
import { asList, asNumber, asText } from '../connection/reply.js';
import type { Context } from '../context.js';
import { messageId } from '../layout/message-id.js';
import { Audit } from './audit.js';
import type { OrderPlace } from './order-keys.js';
import { sweepScript } from './sweep-script.js';
import { readPassings, type Passing } from './turn-reply.js';

/** A page of holds is looked over so often. */
const auditMs = 10_000;

/**
 * Takes back leases that ran out, for all consumers of one shard of a subscription in this process. It knows when the next lease can run out at the
 * earliest, so that nobody asks in vain; it works only when a claim wants something; and after a stall of the line it leaves the holders half a
 * lease to renew first, or a server that was frozen would hand everything out twice.
 */
export class Sweeper {
  readonly #context: Context;
  readonly #ref: SubscriptionRef;
  readonly #place: OrderPlace;
  #nextAt = 0;
  #running: Promise<boolean> | undefined = undefined;
  readonly #audit = new Audit();
  #auditAt: number;
  /** How many links share it. */
  users = 0;

  constructor(context: Context, ref: SubscriptionRef, place: OrderPlace) {
    this.#context = context;
    this.#ref = ref;
    this.#place = place;
    this.#auditAt = context.runtime.now() + auditMs;
  }

  /** When it may find something, by the clock of this process. */
  get nextAt(): number {
    return this.#nextAt;
  }

  /** Leases may be shorter than they were. */
  reset(): void {
    this.#nextAt = 0;
  }

  /** Sweeps where it is time; answers whether something came back. */
  sweep(visibilityMs: number): Promise<boolean> {
    const now = this.#context.runtime.now();
    if (now < this.#nextAt) return Promise.resolve(false);
    const healthy = this.#context.connection.healthyForMs() ?? 0;
    const trusted = Math.ceil(visibilityMs / 2);
    if (healthy < trusted) {
      this.#nextAt = now + trusted - healthy;
      return Promise.resolve(false);
    }
    return (this.#running ??= this.#sweep(visibilityMs).finally(() => { this.#running = undefined; }));
  }

  async #sweep(visibilityMs: number): Promise<boolean> {
    const { connection, runtime } = this.#context;
    const begun = runtime.now();
    let soonest = visibilityMs;
    let moved = 0;
    for (let from = '-'; from !== '';) {
      const reply = asList(await connection.run(sweepScript, this.#place.all, [this.#ref.subscription, this.#place.group, from]));
      // Gone, or about to be converted: the next turn finds out.
      if (reply[0] !== 'ok') break;
      moved += asNumber(reply[3]);
      from = asText(reply[4]);
      const nearest = asNumber(reply[5]);
      if (nearest >= 0) soonest = Math.min(soonest, nearest);
      for (const lapse of asList(reply[7])) {
        const [id, count] = asList(lapse);
        this.#context.report({ type: 'lease-lapsed', subscription: this.#ref, id: messageId(this.#place.shard, asText(id)), deliveryCount: asNumber(count) });
      }
      reportPassings(this.#context, this.#ref, this.#place.shard, readPassings(reply[6]));
    }
    this.#nextAt = begun + Math.max(2, soonest + 1);
    if (begun >= this.#auditAt) {
      this.#auditAt = begun + auditMs;
      moved += await this.#audit.page(this.#context, this.#ref, this.#place);
    }
    return moved > 0;
  }
}

export function reportPassings({ report }: Context, subscription: SubscriptionRef, shard: number, passings: readonly Passing[]): void {
  for (const { id, ...rest } of passings) report({ ...rest, subscription, id: messageId(shard, id) });
}

const sweepers = new WeakMap<Context, Map<string, Sweeper>>();

/** The sweeper that the links of a process share; every {@link shareSweeper} needs its {@link leaveSweeper}. */
export function shareSweeper(context: Context, ref: SubscriptionRef, place: OrderPlace): Sweeper {
  const known = sweepers.get(context) ?? new Map<string, Sweeper>();
  sweepers.set(context, known);
  const key = `${place.topic}\0${ref.subscription}`;
  const sweeper = known.get(key) ?? new Sweeper(context, ref, place);
  known.set(key, sweeper);
  sweeper.users += 1;
  return sweeper;
}

export function leaveSweeper(context: Context, ref: SubscriptionRef, place: OrderPlace, sweeper: Sweeper): void {
  sweeper.users -= 1;
  if (sweeper.users === 0) sweepers.get(context)?.delete(`${place.topic}\0${ref.subscription}`);
}
