import type { Quake } from './quake.js';

/** `urgent`: somebody is called. `notice`: somebody should know. */
export type Level = 'urgent' | 'notice';

const shallowKm = 70;

/** What a quake is worth an alert for: strong ones, and less strong ones that are shallow. undefined: no alert. */
export function levelOf({ type, magnitude, depthKm }: Quake): Level | undefined {
  if (type !== 'earthquake') return undefined;
  const shallow = depthKm < shallowKm;
  if (magnitude >= 6 || (magnitude >= 5 && shallow)) return 'urgent';
  if (magnitude >= 4.5 || (magnitude >= 4 && shallow)) return 'notice';
  return undefined;
}
