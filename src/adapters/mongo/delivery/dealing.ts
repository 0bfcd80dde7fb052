import type { SubscriptionPolicy } from '../../../port/policy.js';
import { fateOf, type Candidate } from './candidate.js';
import type { DeskLink, Want } from './want.js';

/** A message that is to be taken, and for whom. */
export interface Grant {
  readonly candidate: Candidate;
  /** undefined: it ends here. */
  readonly link: DeskLink | undefined;
  readonly fate: 'hand-out' | 'alone' | 'spent' | 'expired';
}

/** Who gets what. */
export interface Deal {
  readonly grants: readonly Grant[];
  /** The busy consumer that is asked to make room now. */
  readonly asked: Want | undefined;
  /** Last attempts wait that nobody could be given. */
  readonly leftAlone: number;
  /** Of somebody else's making. */
  readonly foreign: readonly string[];
}

/** Sorts what may be taken, by what is to become of it. */
export interface Sorted {
  readonly calm: readonly Candidate[];
  readonly alone: readonly Candidate[];
  readonly ending: readonly Grant[];
  readonly foreign: readonly string[];
}

export function sort(candidates: readonly Candidate[], policy: SubscriptionPolicy): Sorted {
  const sorted = { calm: new Array<Candidate>(), alone: new Array<Candidate>(), ending: new Array<Grant>(), foreign: new Array<string>() };
  for (const candidate of candidates) {
    const fate = fateOf(candidate, policy);
    if (fate === 'hand-out') sorted.calm.push(candidate);
    else if (fate === 'alone') sorted.alone.push(candidate);
    else if (fate === 'foreign') sorted.foreign.push(candidate._id);
    else sorted.ending.push({ candidate, link: undefined, fate });
  }
  return sorted;
}

/**
 * Last attempts go to whoever has empty hands, one each and nothing beside it. Where they are left, one busy consumer is to let its hands run empty; the
 * others go on. What else there is, is split among the claims that wait.
 */
export function deal({ calm, alone, ending, foreign }: Sorted, wants: readonly Want[], reserved: DeskLink | undefined): Deal {
  const grants: Grant[] = [...ending];
  const served = new Set<DeskLink>();
  const idle = wants.filter(({ link }) => link.holding === 0);
  for (const candidate of alone.slice(0, idle.length)) {
    const link = idle[served.size]?.link;
    if (link === undefined) break;
    grants.push({ candidate, link, fate: 'alone' });
    served.add(link);
  }
  const leftAlone = alone.length - served.size;
  const busy = wants.filter(({ link }) => !link.runsAlone && !served.has(link));
  const asked = leftAlone > 0 && reserved === undefined ? busy[0] : undefined;
  const open = busy.filter((want) => want !== asked && (leftAlone === 0 || want.link !== reserved));
  spread(calm, open, grants);
  return { grants, asked, leftAlone, foreign };
}

/** As evenly as the claims allow, in stretches, so that each consumer gets what came together. */
function spread(calm: readonly Candidate[], wants: readonly Want[], grants: Grant[]): void {
  let from = 0;
  const room = wants.map(({ max }) => max);
  for (let left = wants.length; left > 0 && from < calm.length;) {
    const share = Math.max(1, Math.ceil((calm.length - from) / left));
    left = 0;
    for (const [index, { link }] of wants.entries()) {
      const count = Math.min(share, room[index] ?? 0, calm.length - from);
      for (const candidate of calm.slice(from, from + count)) grants.push({ candidate, link, fate: 'hand-out' });
      from += count;
      room[index] = (room[index] ?? 0) - count;
      if ((room[index] ?? 0) > 0) left += 1;
    }
  }
}
