import type { Chance } from '../random.js';
import { brokerName, type FaultPlan } from './plan.js';

/** What befalls whom and when. Every fault is over when all heals. */
export function makeFaults(chance: Chance, clients: readonly string[], healAt: number): readonly FaultPlan[] {
  return Array.from({ length: chance.whole(1, 10) }, () => makeFault(chance, chance.pick(clients[0] ?? 'c1', ...clients.slice(1)), healAt));
}

function makeFault(chance: Chance, client: string, healAt: number): FaultPlan {
  const at = chance.whole(20, healAt - 100);
  const forMs = Math.min(healAt - at, chance.pick(chance.whole(5, 100), chance.whole(100, 1_000), chance.whole(1_000, 6_000)));
  const kind = chance.pick('cut', 'cut', 'lossy', 'lossy', 'lossy', 'slow', 'freeze', 'freeze', 'crash', 'crash', 'restart', 'jump', 'broker-jump');
  switch (kind) {
    case 'crash': return { kind, client, at, backMs: Math.min(healAt - at, chance.whole(50, 2_000)), halfOpenMs: chance.pick(0, 0, chance.whole(1, 800)) };
    case 'restart': return { kind, client, at };
    case 'jump': return { kind, client, at, byMs: chance.happens(0.2) ? 3_600_000 : jump(chance) };
    case 'broker-jump': return { kind: 'jump', client: brokerName, at, byMs: jump(chance) };
    default: return { kind, client, at, forMs };
  }
}

/** A process sees its clock jump far ahead after a long sleep of its machine. Its own runtime never sets it back; another runtime may, by little. */
function jump(chance: Chance): number {
  return chance.pick(chance.whole(-400, 400), chance.whole(-4_000, 4_000));
}
