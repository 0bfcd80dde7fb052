import { memoryBroker } from '../../src/adapters/memory/index.js';
import type { Broker } from '../../src/port/broker.js';
import type { Runtime } from '../../src/port/runtime.js';
import { consume } from './clients/consuming.js';
import { publish } from './clients/publishing.js';
import { watch, writeKey } from './clients/sharing.js';
import { SimProcess, type Surroundings } from './clients/sim-process.js';
import { ProcessClock } from './clock/process-clock.js';
import { World } from './clock/world.js';
import { finalState, leftIn, nothing, type FinalState } from './history/final-state.js';
import { History, type HistoryEvent } from './history/history.js';
import { LeaseNames, serverTap } from './history/server-tap.js';
import { Weather } from './network/weather.js';
import { drainLimitMs } from './plan/drain-limit.js';
import { brokerName, type ClientPlan, type FaultPlan, type MessagePlan, type Plan } from './plan/plan.js';
import { seedOf } from './random.js';

/** A mistake put into a run: into the broker, or between a process' line and its core. */
export interface Planted {
  readonly broker?: ((broker: Broker, runtime: Runtime) => Broker) | undefined;
  readonly nearEnd?: ((broker: Broker, runtime: Runtime) => Broker) | undefined;
}

/** Everything a run leaves behind for the checks. */
export interface RunRecord {
  readonly plan: Plan;
  readonly events: readonly HistoryEvent[];
  readonly final: FinalState;
  /** How much time passed in the simulated world. */
  readonly virtualMs: number;
  readonly steps: number;
}

/** Between two looks at whether everything is worked off, ms. */
const lookMs = 200;
/** For watchers, after that, ms. */
const restMs = 1_500;
export const closeDeadlineMs = 1_500;
/** How long after its deadline close() may still take: the last answers, and the line, ms. */
export const closeSlackMs = 1_500;
/** A process that poison killed is back after, ms. */
const backAfterPoisonMs = 300;

export async function run(plan: Plan, planted: Planted = {}): Promise<RunRecord> {
  return new Run(plan, planted).go();
}

class Run {
  readonly #plan: Plan;
  readonly #world = new World();
  readonly #history = new History(() => this.#world.time);
  readonly #brokerClock: ProcessClock;
  readonly #broker: Broker;
  readonly #surroundings: Surroundings;
  readonly #messages: ReadonlyMap<number, MessagePlan>;
  readonly #processes = new Map<string, SimProcess>();
  readonly #generations = new Map<string, number>();
  readonly #closing = new Map<string, number | undefined>();
  #drainedAt: number | undefined = undefined;
  #emptyLooks = 0;
  #over = false;

  constructor(plan: Plan, { broker: plantInBroker = (broker) => broker, nearEnd = (broker) => broker }: Planted) {
    this.#plan = plan;
    this.#brokerClock = new ProcessClock(this.#world, brokerName, seedOf(plan.seed, brokerName), 0);
    const memory = memoryBroker({ runtime: this.#brokerClock });
    memory.open().subscribe();
    this.#broker = plantInBroker(memory, this.#brokerClock);
    const leases = new LeaseNames();
    const brokerNow = (): number => this.#brokerClock.now();
    this.#surroundings = {
      seed: plan.seed,
      world: this.#world,
      weather: new Weather(plan.faults),
      history: this.#history,
      brokerNow,
      brokerFor: (client) => serverTap(this.#broker, client, brokerNow, this.#history, leases),
      nearEnd,
    };
    this.#messages = new Map(plan.publishes.flatMap(({ messages }) => messages.map((message) => [message.n, message] as const)));
    memory.events$.subscribe((event) => { this.#history.add({ kind: 'noticed', b: brokerNow(), event }); });
  }

  async go(): Promise<RunRecord> {
    const { healAt } = this.#plan;
    let crash: unknown;
    this.#prepare();
    try {
      await this.#world.run(healAt + drainLimitMs(this.#plan) + restMs + closeDeadlineMs + closeSlackMs, () => this.#over);
    } catch (error) {
      crash = error;
    }
    const final = finalState(this.#broker, this.#plan, {
      crash,
      drainedAt: this.#drainedAt,
      closing: this.#closing,
      unsettled: [...this.#processes.values()].filter(({ isGone }) => !isGone).flatMap(({ name, unsettled }) => unsettled.map((what) => `${name}: ${what}`)),
    });
    return { plan: this.#plan, events: this.#history.events, final, virtualMs: this.#world.time, steps: this.#world.steps };
  }

  #prepare(): void {
    const { subscriptions, clients, publishes, keyWrites, faults, healAt } = this.#plan;
    for (const { topic, name, policy } of subscriptions) createSubscription(this.#broker, topic, name, policy);
    for (const client of clients) this.#world.at(0, () => { this.#start(client); });
    for (const [index, plan] of publishes.entries()) this.#world.at(plan.at, () => { this.#inProcess(plan.client, (process) => { publish(process, plan, `p${String(index)}`, this.#history); }); });
    for (const [index, plan] of keyWrites.entries()) this.#world.at(plan.at, () => { this.#inProcess(plan.client, (process) => { writeKey(process, plan, index, this.#history); }); });
    for (const fault of faults) this.#world.at(fault.at, () => { this.#befall(fault); });
    this.#world.at(healAt, () => { this.#history.add({ kind: 'healed' }); });
    this.#world.at(healAt + lookMs, () => { this.#look(); });
  }

  #start(plan: ClientPlan): void {
    const generation = (this.#generations.get(plan.name) ?? 0) + 1;
    this.#generations.set(plan.name, generation);
    const process = new SimProcess(plan, generation, this.#surroundings);
    this.#processes.set(plan.name, process);
    const kill = (): void => { this.#kill(plan, process, 'poison', backAfterPoisonMs, 0); };
    for (const consumer of plan.consumers) consume({ process, plan: consumer, messages: this.#messages, history: this.#history, kill });
    for (const key of plan.watches) watch(process, key, this.#history);
  }

  #inProcess(client: string, work: (process: SimProcess) => void): void {
    const process = this.#processes.get(client);
    if (process?.isGone === false) process.clock.arrive(() => { if (!process.ending) work(process); });
  }

  #kill(plan: ClientPlan, process: SimProcess, why: string, backMs: number, halfOpenMs: number): void {
    if (process.isGone) return;
    process.vanish(why, halfOpenMs);
    this.#world.after(backMs, () => { this.#start(plan); });
  }

  #befall(fault: FaultPlan): void {
    const { client, at } = fault;
    const until = 'forMs' in fault ? at + fault.forMs : at;
    this.#history.add({ kind: 'fault', what: fault.kind === 'jump' ? `jump ${String(fault.byMs)}` : fault.kind, client, from: at, to: until });
    if (fault.kind === 'jump' && client === brokerName) {
      this.#brokerClock.jump(fault.byMs);
      return;
    }
    const plan = this.#plan.clients.find(({ name }) => name === client);
    const process = this.#processes.get(client);
    if (plan === undefined || process === undefined || process.isGone || process.ending) return;
    switch (fault.kind) {
      case 'crash': this.#kill(plan, process, 'crash', fault.backMs, fault.halfOpenMs); break;
      case 'restart': this.#restart(plan, process); break;
      case 'jump': process.clock.jump(fault.byMs); break;
      case 'cut': process.line.cut(); break;
      case 'freeze':
        process.clock.freeze();
        this.#world.at(until, () => { process.clock.thaw(); });
        break;
      default:
    }
  }

  #restart(plan: ClientPlan, process: SimProcess): void {
    process.clock.arrive(() => {
      process.ending = true;
      process.follow('close', process.cw.close({ deadlineMs: closeDeadlineMs }), () => { this.#kill(plan, process, 'closed', 50, 0); }, nothing);
    });
  }

  /** Looks again and again, until all is worked off twice in a row; then everybody closes. */
  #look(): void {
    const busy = [...this.#processes.values()].some(({ isGone, ending, unsettled }) => isGone || ending || unsettled.length > 0);
    this.#emptyLooks = !busy && leftIn(this.#broker, this.#plan).length === 0 ? this.#emptyLooks + 1 : 0;
    if (this.#emptyLooks < 2 && this.#world.time < this.#plan.healAt + drainLimitMs(this.#plan)) {
      this.#world.after(lookMs, () => { this.#look(); });
      return;
    }
    if (this.#emptyLooks >= 2) this.#drainedAt = this.#world.time;
    this.#world.after(restMs, () => { this.#close(); });
  }

  #close(): void {
    const begin = this.#world.time;
    for (const process of this.#processes.values()) {
      if (process.isGone) continue;
      process.ending = true;
      this.#closing.set(process.name, undefined);
      process.follow('close', process.cw.close({ deadlineMs: closeDeadlineMs }), () => {
        this.#closing.set(process.name, this.#world.time - begin);
        this.#over = [...this.#closing.values()].every((tookMs) => tookMs !== undefined);
      }, nothing);
    }
    this.#over = this.#closing.size === 0;
    this.#world.after(closeDeadlineMs + closeSlackMs, () => { this.#over = true; });
  }
}

function createSubscription(broker: Broker, topic: string, subscription: string, policy: Plan['subscriptions'][number]['policy']): void {
  const ref = { tenantId: 'default', namespace: 'default', topic };
  const limits = { maxStreamLen: 100_000, onFull: 'reject', retentionMs: 7 * 86_400_000, idempotencyWindowMs: 600_000, shardCount: 1 } as const;
  broker.topics.ensureTopic({ topic: ref, limits: {}, defaults: limits }).subscribe();
  broker.topics.ensureSubscription({ subscription: { ...ref, subscription }, policy, defaults: policy, startFrom: 'earliest', onConflict: 'update', ephemeral: false, client: brokerName }).subscribe();
}
