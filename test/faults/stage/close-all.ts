import { until } from '../../support/servers/until.js';
import type { EndState } from '../check/record.js';
import { closeMs } from './rules-of.js';
import type { Stage } from './stage.js';

/** Ends every member that lives, and looks at what they leave behind. */
export async function closeAll({ actors, closed, servers }: Stage, before: Readonly<Record<string, number>>): Promise<Pick<EndState, 'closing' | 'unsettled' | 'leaks'>> {
  const living = [...actors.values()].filter((actor) => !actor.isGone);
  const reports = [...closed, ...(await Promise.all(living.map(async (actor) => [actor.name, await actor.close(closeMs)] as const)))];
  let leaks: readonly string[] = [];
  // A server notices only a moment later that a connection has ended; mongod when what it was asked for on it is over.
  await until('nothing is left behind', async () => {
    const after = await servers.footprint();
    leaks = Object.entries(after).flatMap(([what, count]) => (count > (before[what] ?? 0) ? [`${what}: ${before[what] ?? 0} before, ${count} after`] : []));
    return leaks.length === 0;
  }, 5_000).catch(() => undefined);
  return {
    closing: Object.fromEntries(reports.map(([name, { closedInMs }]) => [name, closedInMs])),
    unsettled: reports.flatMap(([, { unsettled }]) => unsettled),
    leaks,
  };
}
