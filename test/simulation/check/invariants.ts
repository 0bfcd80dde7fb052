import type { RunRecord } from '../run.js';
import { lastAttemptAlone } from './alone.js';
import { noLoss } from './i1-no-loss.js';
import { recovery } from './i10-recovery.js';
import { liveness } from './i11-liveness.js';
import { bounded } from './i12-window.js';
import { neverEarly } from './i13-never-early.js';
import { watchers } from './i14-watchers.js';
import { nothingInvented } from './i2-nothing-invented.js';
import { explainedDuplicates } from './i3-explained-duplicates.js';
import { unknownOnce } from './i4-unknown-once.js';
import { fencedSettlement } from './i5-fenced-settlement.js';
import { boundedDeliveries } from './i6-bounded-deliveries.js';
import { exactDeadLetters } from './i7-exact-dead-letters.js';
import { keyOrder } from './i8-key-order.js';
import { leaseExclusive } from './i9-lease-exclusive.js';
import { tellStories } from './stories.js';
import type { Invariant, Violation } from './violation.js';

export const invariants: readonly Invariant[] = [noLoss, nothingInvented, explainedDuplicates, unknownOnce, fencedSettlement, boundedDeliveries, exactDeadLetters, keyOrder, leaseExclusive, recovery, liveness, bounded, neverEarly, watchers, lastAttemptAlone];

/** Every invariant that a run broke, in the order in which it happened. */
export function violationsOf(record: RunRecord): readonly Violation[] {
  const stories = tellStories(record);
  return invariants.flatMap(({ check }) => check(record, stories)).sort((a, b) => a.at - b.at);
}
