import { firstValueFrom } from 'rxjs';
import { Chronow } from '../../../src/chronow.js';
import type { Broker } from '../../../src/port/broker.js';
import type { Runtime } from '../../../src/port/runtime.js';
import type { Journal } from '../history/journal.js';
import { consume } from './consuming.js';
import { subName } from './message.js';
import type { DeathPoint, MemberPlan } from './plan.js';
import { publishAll } from './publishing.js';
import { share } from './sharing.js';
import { tapped } from './tap.js';

/** How often an event loop is looked at, and how much later than that it stood still, ms. */
const beatMs = 25;
const stallMs = 60;

export interface MemberReport {
  /** null: close() did not end in time. */
  readonly closedInMs: number | null;
  readonly unsettled: readonly string[];
}

/** A client that does as planned and writes everything down; in this process or, the same, in one of its own. */
export class Member {
  readonly #plan: MemberPlan;
  readonly #journal: Journal;
  readonly #cw: Chronow;
  readonly #broker: Broker;
  readonly #seed: number;
  readonly #unsettled = new Map<symbol, string>();
  readonly #points = new Map<DeathPoint, number>();
  readonly #beat: NodeJS.Timeout;
  #ending = false;
  #worked = 0;
  #healed = false;

  constructor(plan: MemberPlan, seed: number, broker: Broker, runtime: Runtime, journal: Journal) {
    this.#plan = plan;
    this.#seed = seed;
    this.#journal = journal;
    this.#broker = broker;
    this.#cw = Chronow.over({
      broker: tapped(broker, { journal, runtime, windowOf: (name) => Number(name.slice(1)), at: (point) => this.#at(point) }),
      runtime,
      config: plan.tenantId === undefined ? {} : { tenantId: plan.tenantId },
    });
    this.#cw.events$.subscribe((event) => {
      const { type } = event;
      if (type !== 'dead-lettered' && type !== 'dropped' && type !== 'lease-lapsed' && type !== 'lease-lost') {
        if (type !== 'policy-changed') journal.add({ kind: 'noticed', what: type, sub: undefined, id: undefined, reason: undefined, count: undefined });
        return;
      }
      const { tenantId, topic, subscription } = event.subscription;
      journal.add({ kind: 'noticed', what: type, sub: subName(tenantId, topic, subscription), id: event.id, reason: 'reason' in event ? event.reason : undefined, count: event.deliveryCount });
    });
    let last = performance.now();
    this.#beat = setInterval(() => {
      const late = performance.now() - last - beatMs;
      last += late + beatMs;
      if (late > stallMs) journal.add({ kind: 'stalled', ms: late });
    }, beatMs);
  }

  get cw(): Chronow {
    return this.#cw;
  }

  /** Opens, and begins. `published` resolves when every publish and write has an outcome. */
  async begin(): Promise<{ readonly published: Promise<void> }> {
    await firstValueFrom(this.#broker.open());
    this.#journal.add({ kind: 'process', what: 'up' });
    const { consumes, publishes, shares = [], tenantId } = this.#plan;
    const parts = { cw: this.#cw, seed: this.#seed, journal: this.#journal, tenantId, isEnding: () => this.#ending, follow: <T>(what: string, promise: Promise<T>) => this.#follow(what, promise), working: () => this.#working(), publishing: () => this.#at('publishing'), isHealed: () => this.#healed };
    for (const plan of consumes) consume(plan, parts);
    const work = shares.map((plan) => share(plan, parts));
    if (publishes !== undefined) work.push(publishAll(publishes, parts));
    return { published: Promise.all(work).then(() => undefined) };
  }

  /** The last fault is over. */
  healed(): void {
    this.#healed = true;
  }

  /** Ends it in order. */
  async close(limitMs: number): Promise<MemberReport> {
    this.#ending = true;
    this.#journal.add({ kind: 'process', what: 'closing' });
    const began = performance.now();
    const isClosed = await within(this.#cw.close({ deadlineMs: limitMs / 2 }), limitMs);
    const tookMs = performance.now() - began;
    clearInterval(this.#beat);
    if (isClosed) this.#journal.add({ kind: 'process', what: 'closed' });
    return { closedInMs: isClosed ? tookMs : null, unsettled: [...this.#unsettled.values()].map((what) => `${this.#plan.name}: ${what}`) };
  }

  async #follow<T>(what: string, promise: Promise<T>): Promise<T> {
    const key = Symbol(what);
    this.#unsettled.set(key, what);
    try {
      return await promise;
    } finally {
      this.#unsettled.delete(key);
    }
  }

  #working(): void {
    const { blocks } = this.#plan;
    this.#worked += 1;
    if (blocks?.nth === this.#worked) {
      const end = performance.now() + blocks.ms;
      while (performance.now() < end);
    }
    this.#at('working');
  }

  #at(point: DeathPoint): void {
    const { dies } = this.#plan;
    if (dies?.point !== point) return;
    const count = (this.#points.get(point) ?? 0) + 1;
    this.#points.set(point, count);
    if (count !== dies.nth) return;
    // What was handed to the sockets in this turn goes out; then there is no next turn.
    if (point === 'settled' || point === 'publishing') setImmediate(() => process.kill(process.pid, 'SIGKILL'));
    else process.kill(process.pid, 'SIGKILL');
  }
}

async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => { timer = setTimeout(() => resolve(false), ms); });
  const isDone = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return isDone;
}
