import { fieldsOf } from './call.js';
import type { ClusterNode } from './cluster-nodes.js';
import { nodesSeenBy } from './cluster-nodes.js';
import { freeClusterPort } from '../servers/free-port.js';
import type { SlotMove } from './slot-move.js';
import { beginMove } from './slot-move.js';
import type { SingleServer } from './single.js';
import { startSingle } from './single.js';
import { until } from '../servers/until.js';

const slots = 16_384;

export interface RedisCluster {
  readonly nodes: readonly SingleServer[];
  /** Some nodes to begin with, as `host:port`. */
  readonly addresses: readonly string[];
  slotOf(key: string): Promise<number>;
  /** The master that has a slot. */
  ownerOf(slot: number): Promise<SingleServer>;
  masters(): Promise<readonly SingleServer[]>;
  replicaOf(master: SingleServer): Promise<SingleServer>;
  /** Begins to move a slot: from here on its keys are on either side, until `finish()`. */
  beginMove(slot: number, to?: SingleServer): Promise<SlotMove>;
  /** Moves a slot with all that is in it, to any other master or to this one. */
  moveSlot(slot: number, to?: SingleServer): Promise<void>;
  /** A planned change: the replica of this master takes its place. */
  failover(master: SingleServer): Promise<SingleServer>;
  /** This master crashes; returns the replica when it has taken its place. */
  killMaster(master: SingleServer): Promise<SingleServer>;
  /** Returns when every running node finds everything in order. */
  inOrder(): Promise<void>;
  stop(): Promise<void>;
}

/** A cluster of three masters with a replica each, ready to serve. */
export async function startCluster(): Promise<RedisCluster> {
  const settings = { 'cluster-enabled': 'yes', 'cluster-config-file': 'nodes.conf', 'cluster-node-timeout': 2_000, 'repl-diskless-sync-delay': 0 };
  const nodes = await Promise.all(Array.from({ length: 6 }, () => startSingle({ port: freeClusterPort, settings })));
  const cluster = new Cluster(nodes);
  try {
    await form(nodes);
    await cluster.inOrder();
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** The first three become masters of a third each, the others their replicas. */
async function form(nodes: readonly SingleServer[]): Promise<void> {
  const [first, ...others] = nodes;
  if (first === undefined) return;
  await Promise.all(nodes.map((node, i) => node.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1)));
  const masters = nodes.slice(0, 3);
  const third = (i: number): number => Math.round((slots * i) / 3);
  await Promise.all(masters.map((node, i) => node.call('CLUSTER', 'ADDSLOTS', ...Array.from({ length: third(i + 1) - third(i) }, (_, n) => third(i) + n))));
  for (const other of others) await first.call('CLUSTER', 'MEET', other.host, other.port);
  await until('all nodes know each other', async () => (await Promise.all(nodes.map(nodesSeenBy))).every((seen) => seen.length === nodes.length && seen.every(({ flags }) => !flags.includes('handshake'))));
  await Promise.all(masters.map(async (master, i) => nodes[i + 3]?.call('CLUSTER', 'REPLICATE', String(await master.call('CLUSTER', 'MYID')))));
  await until('everybody knows the replicas', async () => (await Promise.all(nodes.map(nodesSeenBy))).every((seen) => seen.filter(({ masterId }) => masterId !== '').length === 3));
}

class Cluster implements RedisCluster {
  readonly nodes: readonly SingleServer[];

  constructor(nodes: readonly SingleServer[]) {
    this.nodes = nodes;
  }

  get addresses(): readonly string[] {
    return this.nodes.map(({ host, port }) => `${host}:${port}`);
  }

  async slotOf(key: string): Promise<number> {
    return Number(await this.#running()[0]?.call('CLUSTER', 'KEYSLOT', key));
  }

  async ownerOf(slot: number): Promise<SingleServer> {
    return this.#server((await this.#seen()).find((node) => node.slots.some(([from, to]) => from <= slot && slot <= to)), `the owner of slot ${slot}`);
  }

  async masters(): Promise<readonly SingleServer[]> {
    return (await this.#seen()).filter(isMaster).map((node) => this.#server(node, 'a master'));
  }

  async replicaOf(master: SingleServer): Promise<SingleServer> {
    const seen = await this.#seen();
    const { id } = seen.find(({ port }) => port === master.port) ?? {};
    return this.#server(seen.find((node) => node.masterId === id && !node.flags.includes('fail')), 'the replica');
  }

  async beginMove(slot: number, to?: SingleServer): Promise<SlotMove> {
    const source = await this.ownerOf(slot);
    const target = to ?? (await this.masters()).find((master) => master !== source);
    if (target === undefined) throw new Error('there is no other master to move a slot to');
    return beginMove(slot, source, target, await this.masters());
  }

  async moveSlot(slot: number, to?: SingleServer): Promise<void> {
    await (await this.beginMove(slot, to)).finish();
    await this.inOrder();
  }

  async failover(master: SingleServer): Promise<SingleServer> {
    const replica = await this.replicaOf(master);
    await replica.call('CLUSTER', 'FAILOVER');
    return this.#promoted(replica);
  }

  async killMaster(master: SingleServer): Promise<SingleServer> {
    const replica = await this.replicaOf(master);
    await master.kill9();
    return this.#promoted(replica);
  }

  async inOrder(): Promise<void> {
    await until('every node finds the cluster in order', async () => {
      const running = this.#running();
      const answers = await Promise.all(running.map(async (node) => ({ info: fieldsOf(await node.call('CLUSTER', 'INFO')), replication: fieldsOf(await node.call('INFO', 'replication')), map: mapOf(await nodesSeenBy(node)) })));
      return answers.every(({ info, replication, map }) => info['cluster_state'] === 'ok' && info['cluster_slots_ok'] === String(slots) && replication['master_link_status'] !== 'down' && map === answers[0]?.map);
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  async #promoted(replica: SingleServer): Promise<SingleServer> {
    await until('the replica has taken over, for everybody', async () =>
      (await Promise.all(this.#running().map(nodesSeenBy))).every((seen) => seen.some((node) => node.port === replica.port && isMaster(node) && node.slots.length > 0)));
    await this.inOrder();
    return replica;
  }

  #running(): readonly SingleServer[] {
    return this.nodes.filter(({ pid }) => pid !== undefined);
  }

  async #seen(): Promise<readonly ClusterNode[]> {
    const [node] = this.#running();
    if (node === undefined) throw new Error('no node of the cluster runs');
    return nodesSeenBy(node);
  }

  #server(node: ClusterNode | undefined, what: string): SingleServer {
    const server = this.nodes.find(({ port }) => port === node?.port);
    if (server === undefined) throw new Error(`the cluster does not know ${what}`);
    return server;
  }
}

const isMaster = ({ flags }: ClusterNode): boolean => flags.includes('master') && !flags.includes('fail');

/** Who has which slots, and who follows whom, as a text to compare. */
function mapOf(seen: readonly ClusterNode[]): string {
  return seen.map(({ id, flags, masterId, slots: owned }) => `${id} ${flags.filter((flag) => flag !== 'myself').join()} ${masterId} ${JSON.stringify(owned)}`).sort().join('\n');
}
