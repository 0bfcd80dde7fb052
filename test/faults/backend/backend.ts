import type { Broker } from '../../../src/port/broker.js';
import type { Runtime } from '../../../src/port/runtime.js';
import type { MongoBrokerOptions } from '../../../src/adapters/mongo/index.js';
import type { RedisBrokerOptions } from '../../../src/adapters/redis/index.js';
import type { Rules } from '../check/record.js';
import type { Proxy } from '../../support/proxy/proxy.js';

/** How a process reaches the servers, as data that can be handed to another process. */
export type Address =
  | { readonly backend: 'memory' }
  | { readonly backend: 'redis'; readonly options: Omit<RedisBrokerOptions, 'runtime' | 'limits' | 'client' | 'ca'> }
  | { readonly backend: 'mongo'; readonly options: Omit<MongoBrokerOptions, 'runtime' | 'limits'> };

/** `single`: one server; `login`: members come as a user of their own; `always`: it syncs before each answer; `replicas`: with a replica and failover; `confirmed`: and a publish waits for the replica. */
export type ServerKind = 'single' | 'login' | 'always' | 'replicas' | 'confirmed' | 'cluster';

/**
 * What can happen to servers as such. `power-cut`: down, and what was not synced is gone; `old-master`: one that was killed or frozen comes back; `part`: a master
 * goes on without its followers and then stops, while they choose another one.
 */
export type Change = 'failover' | 'kill-master' | 'freeze-master' | 'part' | 'old-master' | 'move-slot' | 'power-cut';

/** What a row needs of its servers. */
export interface Setting {
  readonly servers: ServerKind;
  readonly seed: number;
}

/** Servers of a backend with a line to them that can be made bad. What a backend cannot do throws. */
export interface Servers {
  readonly durability: Rules['durability'];
  address(line: 'direct' | 'proxy' | 'admin'): Address;
  broker(address: Address, runtime: Runtime): Broker | Promise<Broker>;
  /** The line that members with `line: 'proxy'` use. */
  readonly proxy: Proxy;
  kill(): Promise<void>;
  restart(): Promise<void>;
  freeze(): void | Promise<void>;
  thaw(): void | Promise<void>;
  /** An administrator's command, to every server that takes writes: of Redis its words; of MongoDB the command as (extended) JSON, and its database. */
  command(...args: readonly (string | number)[]): Promise<unknown>;
  /** To the server that has the topic. */
  change(how: Change, topic: string): Promise<void>;
  /** Counts of what must not stay behind. */
  footprint(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

/** A kind of backend, so that the same rows can run on another one. */
export interface FaultBackend {
  readonly name: 'redis' | 'mongo' | 'memory';
  start(setting: Setting): Promise<Servers>;
}
