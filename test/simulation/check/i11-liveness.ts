import { codeOf } from '../clients/sim-process.js';
import type { Invariant, Violation } from './violation.js';

export const liveness: Invariant = {
  name: 'I11',
  says: 'once everything is healed all is worked off unaided, every promise settles, close() ends in time, and no stream ends with a lost link',
  check: ({ events, final }) => {
    const violations: Violation[] = [];
    const say = (text: string, at = Infinity): void => { violations.push({ invariant: 'I11', at, text }); };
    if (final.crash !== undefined) say(`something was thrown where nobody could catch it: ${final.crash instanceof Error ? (final.crash.stack ?? final.crash.message) : codeOf(final.crash)}`);
    else {
      if (final.drainedAt === undefined) say(`not everything was worked off: ${final.left.join('; ') || 'a publish has no outcome'}`);
      for (const [process, tookMs] of final.closing) if (tookMs === undefined) say(`close() of ${process} did not end in time`);
      for (const what of final.unsettled) if (!what.endsWith(': close')) say(`a promise did not settle: ${what}`);
    }
    for (const event of events) if (event.kind === 'stream-error') say(`the stream of ${event.client} on ${event.sub} ended with ${event.code}`, event.at);
    return violations;
  },
};
