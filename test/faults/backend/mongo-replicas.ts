import { setTimeout as pause } from 'node:timers/promises';
import type { Member } from '../../support/mongo/member.js';
import { startReplicaSet, type ReplicaSet } from '../../support/mongo/replica-set.js';
import { startProxy } from '../../support/proxy/proxy.js';
import type { Change, Servers } from './backend.js';
import { mongoAt } from './mongo-at.js';
import { command } from './mongo-command.js';
import { durability, mongoAddress } from './mongo-options.js';

/** So long a primary takes writes that its followers do not get; a little later it would step down by itself, ms. */
const aloneMs = 700;

/** A set of three, whose elections take about a second. */
export async function replicaSetServers(): Promise<Servers> {
  const set = await startReplicaSet({ members: 3 });
  const proxy = await startProxy({ port: set.members[0]?.port ?? 0 });
  const hosts = set.members.map(({ host, port }) => `${host}:${port}`).join(',');
  const gone = new Gone(set);
  return {
    durability,
    // An election takes longer than a call may wait elsewhere.
    address: (line) => mongoAddress(hosts, line, 'replicaSet=rs0', { deadlineMs: 4_000 }),
    broker: mongoAt,
    proxy,
    kill: () => gone.kill(),
    restart: () => gone.back(),
    freeze: () => gone.freeze(),
    thaw: () => gone.back(),
    command: async (...args) => command(await set.primary(), args),
    change: (how) => gone.change(how),
    // Who is the primary changes, and with it whose the connections are.
    footprint: async () => ({}),
    stop: async () => {
      for (const member of set.members) member.thaw();
      await proxy.stop();
      await set.stop();
    },
  };
}

/** A member that is down or frozen for now. */
class Gone {
  readonly #set: ReplicaSet;
  #killed: Member | undefined = undefined;
  #frozen: Member | undefined = undefined;

  constructor(set: ReplicaSet) {
    this.#set = set;
  }

  async kill(): Promise<void> {
    this.#killed = await this.#set.primary();
    await this.#killed.kill9();
  }

  async freeze(): Promise<void> {
    this.#frozen = await this.#set.primary();
    this.#frozen.freeze();
  }

  async back(): Promise<void> {
    this.#frozen?.thaw();
    await this.#killed?.restart();
    this.#frozen = undefined;
    this.#killed = undefined;
    await this.#set.primary();
  }

  async change(how: Change): Promise<void> {
    switch (how) {
      case 'failover':
        await this.#set.stepDown();
        return;
      case 'kill-master':
        await this.kill();
        break;
      case 'freeze-master':
        await this.freeze();
        break;
      case 'part':
        await this.#part();
        break;
      case 'old-master':
        await this.back();
        return;
      default: throw new Error(`a set of three has no ${how}`);
    }
    await this.#set.primary();
  }

  /** The primary goes on without its followers, and then they without it: when it comes back, what only it has is rolled back. */
  async #part(): Promise<void> {
    const primary = await this.#set.primary();
    const others = this.#set.members.filter((member) => member !== primary);
    for (const other of others) other.freeze();
    await pause(aloneMs);
    primary.freeze();
    this.#frozen = primary;
    for (const other of others) other.thaw();
  }
}
