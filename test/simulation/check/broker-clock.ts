import { brokerName, type Plan } from '../plan/plan.js';

/** The highest that the broker's clock, which stands at `b` at true time `at`, had stood by then: what ended or was due stays so when the clock goes back. */
export function highestClock({ faults }: Plan, at: number, b: number): number {
  const jumps = faults.flatMap((fault) => (fault.kind === 'jump' && fault.client === brokerName && fault.at <= at ? [fault] : []));
  let clock = b;
  let top = b;
  let from = at;
  // Undone from the last to the first.
  for (const jump of jumps.sort((one, other) => other.at - one.at)) {
    clock -= jump.byMs + (from - jump.at);
    from = jump.at;
    top = Math.max(top, clock);
  }
  return top;
}
