import type { Member } from './member.js';
import type { ReplicaSet } from './replica-set.js';

/** How much longer than an election itself a lost primary may cost us, ms. */
export const mostBeyondMs = 3_000;

/** By how much something came later than the set could confirm a write again, ms. So what is allowed follows from the election timeout of the set, and from how busy the machine is. */
export async function beyondElection(set: ReplicaSet, lost: Member, something: Promise<unknown>): Promise<number> {
  const at = async (what: Promise<unknown>): Promise<number> => {
    await what;
    return performance.now();
  };
  const [recovered, came] = await Promise.all([at(set.recovered(lost)), at(something)]);
  return came - recovered;
}
