import type { Broker } from '../../../src/port/broker.js';
import type { DurabilityRow } from '../../../src/port/capabilities.js';
import type { Proxy } from '../../support/proxy/proxy.js';
import type { RedisBrokerOptions } from '../../../src/adapters/redis/index.js';

/** How a process reaches the servers, as data that can be handed to another process. */
export type Address =
  | { readonly backend: 'memory' }
  | { readonly backend: 'redis'; readonly options: Omit<RedisBrokerOptions, 'runtime' | 'limits' | 'client' | 'ca'> };

/** What a row needs of its servers. */
export interface Setting {
  readonly servers: 'single' | 'always' | 'replicas' | 'cluster';
  readonly seed: number;
}

/** Servers of a backend with a line to them that can be made bad. What a backend cannot do throws. */
export interface Servers {
  /** What an acknowledged write survives here. */
  readonly durability: Pick<DurabilityRow, 'survives'>;
  address(line: 'direct' | 'proxy'): Address;
  broker(address: Address): Broker | Promise<Broker>;
  /** The line that members with `line: 'proxy'` use. */
  readonly proxy: Proxy;
  kill(): Promise<void>;
  restart(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** An administrator's command, to every server that takes writes. */
  command(...args: readonly (string | number)[]): Promise<unknown>;
  /** `failover`: a planned change of the master; `kill-master`: it crashes; `move-slot`: what belongs to the topic moves to another server. */
  change(how: 'failover' | 'kill-master' | 'move-slot', topic: string): Promise<void>;
  /** Counts of what must not stay behind. */
  footprint(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

/** A kind of backend, so that the same rows can run on another one. */
export interface FaultBackend {
  readonly name: 'redis' | 'memory';
  start(setting: Setting): Promise<Servers>;
}
