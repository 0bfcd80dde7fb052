import { atLeast } from '../../common/version.js';

/** What a server can do beyond Redis 5.0. Tests force them. */
export interface Probes {
  /** As INFO says it; `unknown` where INFO is denied. */
  readonly version: string;
  /** XTRIM and XADD take MINID (6.2). */
  readonly minId: boolean;
  /** XREADGROUP without BLOCK may run in a script (6.2). */
  readonly readInScript: boolean;
  /** Ranges may begin or end with `(` (6.2). */
  readonly exclusiveRanges: boolean;
  /** XPENDING takes IDLE (6.2). */
  readonly pendingIdle: boolean;
  /** XINFO GROUPS tells lag and entries-read (7.0). */
  readonly groupLag: boolean;
}

/** What works on every server from 5.0 on. */
export const baselineProbes: Probes = Object.freeze({ version: 'unknown', minId: false, readInScript: false, exclusiveRanges: false, pendingIdle: false, groupLag: false });

/** What a version has. */
export function probesOf(version: string): Probes {
  const has62 = atLeast(version, 6, 2);
  return Object.freeze({ version, minId: has62, readInScript: has62, exclusiveRanges: has62, pendingIdle: has62, groupLag: atLeast(version, 7, 0) });
}
