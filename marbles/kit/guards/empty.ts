import type { Problem } from '../problem.js';
import type { Ended } from './ended.js';

/** Tests that say nothing. */
export function saysNothing({ expectations, anyInput, journal, allowed }: Ended): readonly Problem[] {
  const problems: Problem[] = [];
  if (expectations === 0) problems.push({ title: 'the test expects nothing, so it would pass whatever happens; say what is to come of it, as expectSettled(…)', lines: [] });
  const came = anyInput || journal.keysSet > 0 || [...journal.topics.values()].some(({ publications }) => publications.length > 0);
  if (!came && !allowed.has('nothing')) problems.push({ title: "nothing was published or set, so nothing can happen; publish(topic, 'a--b'), set(key, 'a'), or allow('nothing')", lines: [] });
  return problems;
}
