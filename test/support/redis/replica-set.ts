import { fieldsOf } from './call.js';
import type { Sentinel } from './sentinel-process.js';
import { masterName, startSentinel } from './sentinel-process.js';
import type { SingleServer } from './single.js';
import { startSingle } from './single.js';
import { until } from '../servers/until.js';

export interface ReplicaSet {
  readonly name: string;
  readonly sentinels: readonly Sentinel[];
  readonly servers: readonly SingleServer[];
  /** The one that the sentinels name now. */
  master(): Promise<SingleServer>;
  replica(): Promise<SingleServer>;
  /** Returns when what was written so far is on the replica too. */
  caughtUp(): Promise<void>;
  /** A planned change: the replica becomes the master, and the master its replica. */
  failover(): Promise<void>;
  /** The master crashes; returns when the replica is the master. */
  killMaster(): Promise<void>;
  stop(): Promise<void>;
}

/** A master and a replica, watched by sentinels: three with a quorum of 2, or one alone. */
export async function startReplicaSet({ sentinels: count = 3 }: { readonly sentinels?: 1 | 3 } = {}): Promise<ReplicaSet> {
  // A replica is synchronised at once, not after some seconds in which another might want the same.
  const settings = { 'repl-diskless-sync-delay': 0 };
  const first = await startSingle({ settings });
  const second = await startSingle({ settings: { ...settings, replicaof: `${first.host} ${first.port}` } });
  await until('the replica is online', () => isReplicated(first));
  const sentinels = await Promise.all(Array.from({ length: count }, () => startSentinel(first, count === 1 ? 1 : 2)));
  await until('the sentinels know each other and the replica', async () => (await Promise.all(sentinels.map((sentinel) => sentinel.master()))).every((known) => known['num-slaves'] === '1' && known['num-other-sentinels'] === String(count - 1)));
  return new Replicated([first, second], sentinels);
}

class Replicated implements ReplicaSet {
  readonly name: string = masterName;
  readonly servers: readonly SingleServer[];
  readonly sentinels: readonly Sentinel[];

  constructor(servers: readonly SingleServer[], sentinels: readonly Sentinel[]) {
    this.servers = servers;
    this.sentinels = sentinels;
  }

  async master(): Promise<SingleServer> {
    return this.#pick(true);
  }

  async replica(): Promise<SingleServer> {
    return this.#pick(false);
  }

  async caughtUp(): Promise<void> {
    const master = await this.master();
    // WAIT counts the replicas that have what its own connection wrote; the offsets are everybody's.
    await until('the replica has what the master has', async () => {
      const { master_repl_offset: offset, slave0: replica = '' } = fieldsOf(await master.call('INFO', 'replication'));
      return replica.includes('state=online') && replica.includes(`offset=${String(offset)},`);
    });
  }

  async failover(): Promise<void> {
    const [old, next] = [await this.master(), await this.replica()];
    await until('a sentinel takes the order', async () => (await this.sentinels[0]?.call('SENTINEL', 'FAILOVER', this.name)) === 'OK');
    await this.#isMaster(next);
    // The sentinels would say so too, but only after eight seconds.
    await old.call('REPLICAOF', next.host, next.port);
    await until('the old master follows', async () => (await roleOf(old)) === 'slave' && (await isReplicated(next)));
  }

  async killMaster(): Promise<void> {
    const [old, next] = [await this.master(), await this.replica()];
    await old.kill9();
    await this.#isMaster(next);
  }

  async stop(): Promise<void> {
    await Promise.all(this.sentinels.map((sentinel) => sentinel.stop()));
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  async #pick(master: boolean): Promise<SingleServer> {
    const port = (await this.sentinels[0]?.master())?.['port'];
    const found = this.servers.find((server) => (String(server.port) === port) === master);
    if (found === undefined) throw new Error(`the sentinels name port ${String(port)}, where none of our servers is`);
    return found;
  }

  async #isMaster(server: SingleServer): Promise<void> {
    await until('all sentinels name the new master', async () => (await Promise.all(this.sentinels.map((sentinel) => sentinel.master()))).every((known) => known['port'] === String(server.port)));
    await until('the new master knows that it is one', async () => (await roleOf(server)) === 'master');
  }
}

async function roleOf(server: SingleServer): Promise<string | undefined> {
  return fieldsOf(await server.call('INFO', 'replication'))['role'];
}

async function isReplicated(master: SingleServer): Promise<boolean> {
  return fieldsOf(await master.call('INFO', 'replication'))['slave0']?.includes('state=online') ?? false;
}
