import type { Invariant } from './violation.js';

export const liveness: Invariant = {
  name: 'I11',
  says: 'once everything is healed all is worked off unaided, every promise settles, close() ends in time, and no stream ends with a lost link',
  check: ({ rules, events, end }, _stories, say) => {
    if (!end.drained) say(Infinity, `not everything was worked off: ${end.left.join('; ') || 'a publish has no outcome'}`);
    for (const what of end.unsettled) say(Infinity, `a promise did not settle: ${what}`);
    for (const [process, tookMs] of Object.entries(end.closing)) {
      if (tookMs === null || tookMs > rules.closeMs) say(Infinity, `close() of ${process} ${tookMs === null ? 'did not end' : `took ${tookMs.toFixed(0)} ms`}, the most is ${rules.closeMs}`);
    }
    for (const event of events) if (event.kind === 'stream-error' && !rules.fatal.includes(event.code)) say(event.t, `the stream of ${event.process} on ${event.sub} ended with ${event.code}`);
  },
};
