import { Excuses } from './excuses.js';
import { noLoss } from './i1-no-loss.js';
import { recovery } from './i10-recovery.js';
import { liveness } from './i11-liveness.js';
import { bounded } from './i12-window.js';
import { neverEarly } from './i13-never-early.js';
import { watchers } from './i14-watchers.js';
import { guards } from './i15-guards.js';
import { noLeak } from './i16-no-leak.js';
import { nothingInvented } from './i2-nothing-invented.js';
import { explainedDuplicates } from './i3-explained-duplicates.js';
import { unknownOnce } from './i4-unknown-once.js';
import { fencedSettlement } from './i5-fenced-settlement.js';
import { boundedDeliveries } from './i6-bounded-deliveries.js';
import { exactDeadLetters } from './i7-exact-dead-letters.js';
import { keyOrder } from './i8-key-order.js';
import { leaseExclusive } from './i9-lease-exclusive.js';
import type { RunRecord } from './record.js';
import { tellStories } from './stories.js';
import type { Invariant, Violation } from './violation.js';

export const invariants: readonly Invariant[] = [noLoss, nothingInvented, explainedDuplicates, unknownOnce, fencedSettlement, boundedDeliveries, exactDeadLetters, keyOrder, leaseExclusive, recovery, liveness, bounded, neverEarly, watchers, guards, noLeak];

/** Every invariant that a run broke, in the order in which it happened. */
export function violationsOf(record: RunRecord): readonly Violation[] {
  const stories = tellStories(record);
  const excuses = new Excuses(record);
  const violations: Violation[] = [];
  for (const { name, check } of invariants) check(record, stories, (t, text) => violations.push({ invariant: name, t, text }), excuses);
  return violations.sort((one, other) => one.t - other.t);
}
