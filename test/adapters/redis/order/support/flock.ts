import { firstValueFrom, type Observable, type Unsubscribable } from 'rxjs';
import { ackOnComplete } from '../../../../../operators/index.js';
import { Chronow } from '../../../../../src/chronow.js';
import { DeadLetter, RetryLater } from '../../../../../src/subscription/fates.js';
import type { Broker } from '../../../../../src/port/broker.js';
import type { Order } from '../../../../../src/port/policy.js';
import { systemRuntime } from '../../../../../src/system-runtime.js';
import { Freezer } from './faulty-line.js';
import { orderBroker, type Wrap } from './order-broker.js';
import type { Life, OrderLog } from './order-log.js';

interface Payload {
  readonly key: string;
  readonly index: number;
}

/** From one subscribe of a consumer to its unsubscribe. */
interface Stay {
  hasLeft: boolean;
}

export interface FlockPlan {
  readonly port: number;
  readonly namespace: string;
  readonly order: Order;
  readonly log: OrderLog;
  readonly window: number;
  readonly visibilityTimeoutMs: number;
  /** A number in [0, 1). */
  readonly chance: () => number;
  readonly workMs: number;
  /** A faulty line, or a planted bug, to see that the checker notices. */
  readonly wrap?: Wrap;
}

/** A process's worth of consumers: a client of its own with one consumer, which can be killed. */
export class Member {
  readonly life: Life;
  readonly #freezer: Freezer;
  readonly #plan: FlockPlan;
  readonly #broker: Broker;
  readonly #client: Chronow;
  #consumer: Unsubscribable | undefined = undefined;
  #stay: Stay = { hasLeft: false };

  private constructor(plan: FlockPlan, name: string, broker: Broker, freezer: Freezer) {
    this.#plan = plan;
    this.#freezer = freezer;
    this.life = { name, isOver: false, wasFrozen: false };
    this.#broker = broker;
    this.#client = Chronow.over({ broker, runtime: systemRuntime() });
  }

  static async start(plan: FlockPlan, name: string): Promise<Member> {
    const freezer = new Freezer();
    const broker = orderBroker(plan.port, plan.order, (connection) => freezer.wrap(plan.wrap?.(connection) ?? connection));
    await firstValueFrom(broker.open(), { defaultValue: undefined });
    const member = new Member(plan, name, broker, freezer);
    member.#consume();
    return member;
  }

  /** Leaves in order and comes again: what it has not begun goes back. */
  comeAgain(): void {
    this.#stay.hasLeft = true;
    this.#consumer?.unsubscribe();
    this.#consume();
  }

  /** Stands still for longer than its leases. */
  freeze(): void {
    this.life.wasFrozen = true;
    void this.#freezer.freeze(this.#plan.visibilityTimeoutMs * 1.5);
  }

  /** Ends at once, with all it holds; nothing it does afterwards counts. */
  async kill(): Promise<void> {
    this.life.isOver = true;
    this.#freezer.die();
    await firstValueFrom(this.#broker.close(), { defaultValue: undefined });
    this.#consumer?.unsubscribe();
  }

  async close(): Promise<void> {
    this.#consumer?.unsubscribe();
    await this.#client.close({ deadlineMs: 2_000 });
  }

  #consume(): void {
    const { namespace, order, window, visibilityTimeoutMs } = this.#plan;
    const stay: Stay = { hasLeft: false };
    this.#stay = stay;
    const source: Observable<unknown> = this.#client.topic<Payload>('t', { namespace })
      .subscription('s', { order, visibilityTimeoutMs, maxInFlight: window, maxDeliveries: 1_000, retryBackoffMs: [5] })
      .pipe(ackOnComplete(({ payload }) => this.#work(payload, stay)));
    this.#consumer = source.subscribe({ error: (error: unknown) => {
      if (!this.life.isOver) this.#plan.log.breaks.push(`stream of ${this.life.name} ended: ${String(error)}`);
    } });
  }

  async #work({ key, index }: Payload, stay: Stay): Promise<void> {
    const { log, chance, workMs } = this.#plan;
    log.begin(key, index, this.life);
    await new Promise((resolve) => { setTimeout(resolve, chance() * workMs); });
    const fate = chance();
    if (fate < 0.06) {
      log.fail(key, this.life);
      throw new RetryLater(Math.floor(chance() * 30));
    }
    if (fate >= 0.07) {
      log.end(key, index, this.life);
      return;
    }
    // Where nobody listens any more it goes back.
    if (stay.hasLeft) log.fail(key, this.life);
    else log.end(key, index, this.life);
    throw new DeadLetter('Chosen');
  }
}
