import { atLeast } from '../../common/version.js';

/** What a deployment can do beyond MongoDB 4.4. Tests force them. */
export interface Probes {
  /** As buildInfo says it; `unknown` before it is known. */
  readonly version: string;
  /** `$expr` with `$$NOW` in a filter uses an index (5.0). Where not, filters take a Date: {@link ServerClock.now}. */
  readonly serverNow: boolean;
  /** A replica set or a sharded cluster: change streams, causal sessions, transactions. */
  readonly replicaSet: boolean;
}

/** What works everywhere. */
export const baselineProbes: Probes = Object.freeze({ version: 'unknown', serverNow: false, replicaSet: false });

export function probesOf(version: string, replicaSet: boolean): Probes {
  return Object.freeze({ version, serverNow: atLeast(version, 5, 0), replicaSet });
}
