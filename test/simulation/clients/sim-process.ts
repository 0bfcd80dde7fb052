import { Chronow } from '../../../src/chronow.js';
import { isChronowError } from '../../../src/errors.js';
import type { Broker } from '../../../src/port/broker.js';
import { ProcessClock } from '../clock/process-clock.js';
import type { World } from '../clock/world.js';
import type { History } from '../history/history.js';
import { Line } from '../network/line.js';
import { lineBroker } from '../network/line-broker.js';
import type { Weather } from '../network/weather.js';
import type { ClientPlan } from '../plan/plan.js';
import { seedOf } from '../random.js';

/** What all processes of a run share. */
export interface Surroundings {
  readonly seed: number;
  readonly world: World;
  readonly weather: Weather;
  readonly history: History;
  readonly brokerNow: () => number;
  /** The broker as a process reaches it, before its line. */
  readonly brokerFor: (client: string) => Broker;
  /** What a planted bug puts between a line and the core. */
  readonly nearEnd: (broker: Broker, process: ProcessClock) => Broker;
}

/** One process: a clock, a line, a client with the real core. */
export class SimProcess {
  readonly name: string;
  readonly clock: ProcessClock;
  readonly line: Line;
  readonly cw: Chronow;
  readonly broker: Broker;
  /** No new subscribe(): the run comes to its end. */
  ending = false;
  readonly #world: World;
  readonly #history: History;
  readonly #unsettled = new Map<Promise<unknown>, string>();

  constructor(plan: ClientPlan, generation: number, { seed, world, weather, history, brokerNow, brokerFor, nearEnd }: Surroundings) {
    this.name = `${plan.name}.${String(generation)}`;
    this.#world = world;
    this.#history = history;
    this.clock = new ProcessClock(world, this.name, seedOf(seed, 'process', this.name), plan.skewMs);
    this.line = new Line(world, this.clock, plan, weather, history, seedOf(seed, 'line', this.name));
    this.broker = nearEnd(lineBroker(brokerFor(this.name), this.line, plan.lingerMs, brokerNow, history), this.clock);
    this.cw = Chronow.over({ broker: this.broker, runtime: this.clock });
  }

  get isGone(): boolean {
    return this.clock.isGone;
  }

  /** Promises that did not settle, by what was called. */
  get unsettled(): readonly string[] {
    return [...this.#unsettled.values()];
  }

  /** The lease under which it last received a message. */
  leaseOf(sub: string, id: string): string {
    return this.line.leases.get(`${sub} ${id}`) ?? '?';
  }

  /** Waits for a call of the promise API. Nothing of it is heard once the process is gone. */
  follow<T>(what: string, promise: Promise<T>, ok: (value: T) => void, failed: (error: unknown) => void): void {
    this.#world.awaited += 1;
    this.#unsettled.set(promise, what);
    const settled = (then: () => void): void => {
      if (!this.#unsettled.delete(promise)) return;
      this.#world.awaited -= 1;
      then();
    };
    promise.then((value) => { settled(() => { ok(value); }); }, (error: unknown) => { settled(() => { failed(error); }); });
  }

  /** The end of it, in the middle of whatever it does. */
  vanish(why: string, halfOpenMs: number): void {
    if (this.isGone) return;
    this.#history.add({ kind: 'gone', client: this.name, why });
    this.clock.vanish();
    this.line.gone(halfOpenMs);
    this.#world.awaited -= this.#unsettled.size;
    this.#unsettled.clear();
  }
}

/** A code where there is one. */
export function codeOf(error: unknown): string {
  if (isChronowError(error)) return error.code;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
