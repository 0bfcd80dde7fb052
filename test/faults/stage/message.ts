import { seedOf, Chance } from '../../simulation/random.js';

/** What becomes of the work on a message: `once`: fails at its first attempt; `always`: at each; `no-good`: is refused for good. */
export type Temper = 'good' | 'once' | 'always' | 'no-good';

/** The same in every process that has the seed. */
export function temperOf(seed: number, n: number): Temper {
  const chance = new Chance(seedOf(seed, 'temper', n)).next();
  if (chance < 0.08) return 'once';
  if (chance < 0.11) return 'always';
  return chance < 0.13 ? 'no-good' : 'good';
}

export function workMsOf(seed: number, n: number, most: number): number {
  const chance = new Chance(seedOf(seed, 'work', n));
  // A few take longer than a lease, which must be renewed.
  return chance.happens(0.012) ? 800 : Math.floor(chance.next() * most);
}

export function subName(tenantId: string | undefined, topic: string, name: string): string {
  return `${topicName(tenantId, topic)}/${name}`;
}

/** A topic of another tenant is another topic. */
export function topicName(tenantId: string | undefined, topic: string): string {
  return tenantId === undefined || tenantId === 'default' ? topic : `${tenantId}|${topic}`;
}
