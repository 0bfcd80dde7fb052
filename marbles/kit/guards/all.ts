import type { Problem } from '../problem.js';
import type { Ended } from './ended.js';
import { saysNothing } from './empty.js';
import { leftOver } from './left-over.js';
import { mistakenFlows, streamErrors } from './mistakes.js';
import { stillMoving } from './motion.js';
import { realPromises } from './promises.js';
import { unlistedSettlements } from './unlisted.js';

/** Everything that is wrong although no expectation says so; what explains the most comes first. */
export function guarded(ended: Ended): readonly Problem[] {
  return [
    ...realPromises(ended),
    ...streamErrors(ended),
    ...ended.journal.mishaps.map(({ frame, text }) => ({ title: `at frame ${String(frame)}: ${text}`, lines: [] })),
    ...stillMoving(ended),
    ...mistakenFlows(ended),
    ...leftOver(ended),
    ...unlistedSettlements(ended),
    ...[...ended.pending].map((title) => ({ title, lines: [] })),
    ...saysNothing(ended),
  ];
}
