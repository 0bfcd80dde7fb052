import type { Invariant } from './violation.js';

export const guards: Invariant = {
  name: 'I15',
  says: 'what cannot be done, or is unsafe, is refused or reported, as it was expected here',
  check: ({ events }, _stories, say) => {
    for (const event of events) if (event.kind === 'expected' && event.want !== event.got) say(event.t, `${event.what}: expected ${event.want}, got ${event.got}`);
  },
};
