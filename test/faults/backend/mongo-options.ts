import type { Address } from './backend.js';

/** Members and the stage tell the server who they are, so that a fail point can be about members alone. */
export const memberName = 'member';
export const adminName = 'stage';

/** The hot database. */
export const database = 'chronow_hot';

/** In these tests calls wait for their answers, and for their next attempt, only shortly: a run is to see many ends of both. */
export const quick = { deadlineMs: 1_000, retryMs: 200 } as const;

export function mongoAddress(hosts: string, line: 'direct' | 'proxy' | 'admin', options: string, more: { readonly deadlineMs?: number } = {}): Address {
  const uri = `mongodb://${hosts}/?${options}&appName=${line === 'admin' ? adminName : memberName}`;
  return { backend: 'mongo', options: { ...quick, ...more, uri } };
}

/** What an acknowledged write survives, and what takes back what nobody waited for: claims, renewals, retries and releases are confirmed by the primary alone, before its journal has them. */
export const durability = { survives: ['process-crash', 'server-crash', 'power-cut', 'failover'], rewinds: ['server-crash', 'failover'] } as const;
