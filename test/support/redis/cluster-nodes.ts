import type { SingleServer } from './single.js';

/** A line of `CLUSTER NODES`. */
export interface ClusterNode {
  readonly id: string;
  readonly port: number;
  readonly flags: readonly string[];
  /** Empty for a master. */
  readonly masterId: string;
  /** From and to, both included. */
  readonly slots: readonly (readonly [number, number])[];
}

/** What a node knows of all. */
export async function nodesSeenBy(server: SingleServer): Promise<readonly ClusterNode[]> {
  return String(await server.call('CLUSTER', 'NODES')).trim().split('\n').map((line) => {
    const [id = '', address = '', flags = '', masterId = '', , , , , ...slots] = line.split(' ');
    return {
      id,
      port: Number(/:(\d+)/.exec(address)?.[1]),
      flags: flags.split(','),
      masterId: masterId === '-' ? '' : masterId,
      // What stands in brackets is being moved.
      slots: slots.filter((range) => !range.startsWith('[')).map((range): readonly [number, number] => {
        const [from = 0, to = from] = range.split('-').map(Number);
        return [from, to];
      }),
    };
  });
}
