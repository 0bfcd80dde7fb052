import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom } from 'rxjs';
import { resolveConfig } from '../../../src/config/resolve.js';
import type { Broker } from '../../../src/port/broker.js';
import type { TopicRef } from '../../../src/port/names.js';
import type { RunRecord } from '../check/record.js';
import type { Address, FaultBackend, ServerKind, Servers } from '../backend/backend.js';
import type { HistoryEvent } from '../history/event.js';
import { Journal } from '../history/journal.js';
import { readHistory } from '../history/read.js';
import { actInChild } from '../worker/child.js';
import { actHere, type Actor } from './actor.js';
import { runtimeOf } from './clock.js';
import { closeAll } from './close-all.js';
import { drain } from './drain.js';
import { endOf } from './end-of.js';
import { Heard } from './heard.js';
import { inject } from './inject.js';
import type { MemberPlan, Plan } from './plan.js';
import type { MemberReport } from './member.js';
import { closeMs, rulesOf } from './rules-of.js';

/** Something that only one row does. */
export type Act = (stage: Stage) => Promise<void>;

export interface RunOptions {
  readonly servers: ServerKind;
  readonly acts?: Readonly<Record<string, Act>> | undefined;
  /** What a planted bug makes of a member's broker. */
  readonly plant?: ((broker: Broker, address: Address) => Broker) | undefined;
}

/** One run: servers, members, and what befalls them. */
export class Stage {
  readonly plan: Plan;
  readonly servers: Servers;
  readonly options: RunOptions;
  readonly folder: string;
  readonly heard: Heard = new Heard();
  /** What befell; the stage's own history. */
  readonly journal: Journal;
  readonly actors = new Map<string, Actor>();
  /** Those that were ended before the others. */
  readonly closed: (readonly [string, MemberReport])[] = [];
  #isPlayed = false;
  /** By a line of its own, which no fault touches. */
  readonly admin: Broker;

  private constructor(plan: Plan, servers: Servers, admin: Broker, options: RunOptions, folder: string) {
    this.plan = plan;
    this.servers = servers;
    this.admin = admin;
    this.options = options;
    this.folder = folder;
    this.journal = new Journal(folder, 'faults', (event) => { this.heard.add(event); });
  }

  /** Runs a plan to its end. */
  static async run(plan: Plan, backend: FaultBackend, options: RunOptions): Promise<RunRecord> {
    const servers = await backend.start({ servers: options.servers, seed: plan.seed });
    const folder = mkdtempSync(join(tmpdir(), 'chronow-faults-'));
    let stage: Stage | undefined;
    try {
      stage = new Stage(plan, servers, await servers.broker(servers.address('admin'), runtimeOf()), options, folder);
      return await stage.#play();
    } finally {
      // Where it did not come to its end: whoever is left would try to connect for ever.
      if (stage !== undefined) await stage.#abandon();
      await servers.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async start(plan: MemberPlan): Promise<void> {
    const address = this.servers.address(plan.line);
    const heard = (event: HistoryEvent): void => { this.heard.add(event); };
    const actor = plan.where === 'child' ? actInChild(plan, this.plan.seed, address, this.folder, heard) : await this.#actHere(plan, address, heard);
    this.actors.set(plan.name, actor);
    await actor.up;
  }

  /** In order, in the middle of the run. */
  async close(name: string): Promise<void> {
    const actor = this.actor(name);
    this.actors.delete(name);
    this.closed.push([name, await actor.close(closeMs)]);
  }

  /** By SIGTERM, as an orchestrator does it. */
  async terminate(name: string): Promise<void> {
    const actor = this.actor(name);
    this.actors.delete(name);
    const code = await actor.terminate(closeMs);
    this.journal.add({ kind: 'expected', what: `the exit code of ${name} after SIGTERM`, want: '0', got: String(code) });
  }

  actor(name: string): Actor {
    const actor = this.actors.get(name);
    if (actor === undefined) throw new Error(`there is no member ${name} on the stage`);
    return actor;
  }

  member(name: string): MemberPlan {
    const plan = this.plan.members.find((member) => member.name === name);
    if (plan === undefined) throw new Error(`the plan has no member ${name}`);
    return plan;
  }

  async #abandon(): Promise<void> {
    if (this.#isPlayed) return;
    await Promise.allSettled([...this.actors.values()].map((actor) => actor.abandon()));
    await firstValueFrom(this.admin.close());
    this.journal.close();
  }

  async #actHere(plan: MemberPlan, address: Address, heard: (event: HistoryEvent) => void): Promise<Actor> {
    const runtime = runtimeOf(plan);
    const broker = await this.servers.broker(address, runtime);
    return actHere(plan, this.plan.seed, this.options.plant?.(broker, address) ?? broker, runtime, this.folder, heard);
  }

  async #play(): Promise<RunRecord> {
    const { plan, servers, admin, journal } = this;
    await firstValueFrom(admin.open());
    await this.#prepare();
    const before = await servers.footprint();
    // Consumers first: what is published while they start is a backlog, not a fault.
    const there = plan.members.filter(({ later }) => later !== true);
    await Promise.all(there.filter(({ consumes }) => consumes.length > 0).map((member) => this.start(member)));
    await Promise.all(there.filter(({ consumes }) => consumes.length === 0).map((member) => this.start(member)));
    for (const fault of plan.faults) await inject(this, fault);
    servers.proxy.heal();
    journal.add({ kind: 'healed' });
    for (const actor of this.actors.values()) actor.healed();
    const { drained, left } = await drain(this);
    const known = await endOf(this, drained);
    const ends = await closeAll(this, before);
    journal.close();
    await firstValueFrom(admin.close());
    this.#isPlayed = true;
    return { rules: rulesOf(plan, servers), events: readHistory(this.folder), end: { ...known, drained, left, ...ends } };
  }

  async #prepare(): Promise<void> {
    const { clientDefaults } = resolveConfig({});
    for (const { tenantId = 'default', topic, name, policy } of this.plan.subscriptions) {
      const ref: TopicRef = { tenantId, namespace: 'default', topic };
      await firstValueFrom(this.admin.topics.ensureTopic({ topic: ref, limits: this.plan.topics[topic] ?? {}, defaults: clientDefaults.limits }));
      await firstValueFrom(this.admin.topics.ensureSubscription({ subscription: { ...ref, subscription: name }, policy, defaults: clientDefaults.policy, startFrom: 'earliest', onConflict: 'update', ephemeral: false, client: 'stage' }));
    }
  }
}
