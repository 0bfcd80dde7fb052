import type { Problem } from '../problem.js';
import { timeText } from '../timeline.js';
import type { Ended } from './ended.js';

/** Something that does not come to rest. */
export function stillMoving({ stage, journal, horizon, allowed }: Ended): readonly Problem[] {
  const held = [...journal.subscriptions.values()].flatMap(({ label, held: leases, topic }) => [...leases.values()].map(({ id }) => `${label}: ${topic.names.of(id)} is in work and is not settled`));
  if (stage.endless !== undefined) return [{ title: stage.endless.message, lines: held.slice(0, 10) }];
  const next = stage.nextStep;
  if (next === undefined || allowed.has('moving')) return [];
  return [{
    title: `something still moves at the horizon (frame ${String(horizon)}): the next step would be at ${String(next)}, ${timeText(Math.max(1, next - horizon))} later; end it (run(flow$, '---!'), drain()), raise horizonMs, or allow('moving')`,
    lines: held.length === 0 ? ['no message is in work: a timer of a flow goes on (interval, timer, repeat)'] : held.slice(0, 10),
  }];
}
