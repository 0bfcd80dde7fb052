import type { Invariant } from './violation.js';

export const noLeak: Invariant = {
  name: 'I16',
  says: 'when all is closed, keys, connections and timers are what they were',
  check: ({ end }, _stories, say) => {
    for (const what of end.leaks) say(Infinity, what);
  },
};
