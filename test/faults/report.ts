import type { FaultBackend } from './backend/backend.js';
import type { RunRecord } from './check/record.js';
import type { Violation } from './check/violation.js';
import type { HistoryEvent } from './history/event.js';
import type { Plan } from './stage/plan.js';

/** So much of a history is shown around a violation, lines. */
const around = 60;

export function violationText({ invariant, text }: Violation): string {
  return `${invariant}: ${text}`;
}

/** The command that makes a run again. */
export function againOf(backend: FaultBackend['name'], row: string, seed: number): string {
  return `npm run faults -- ${backend === 'redis' ? '' : `--backend ${backend} `}--row ${row} --seed ${seed}`;
}

/** What broke, the plan, and of the history what has to do with it. */
export function reportOf(again: string, plan: Plan, { events }: RunRecord, violations: readonly Violation[]): string {
  return [
    again,
    ...violations.slice(0, 20).map(violationText),
    ...(violations.length > 20 ? [`and ${violations.length - 20} more`] : []),
    '',
    `the plan: ${JSON.stringify(plan)}`,
    '',
    ...linesAbout(violations, events),
  ].join('\n');
}

/** The story of the messages that the first violations name, and every fault. */
function linesAbout(violations: readonly Violation[], events: readonly HistoryEvent[]): readonly string[] {
  const numbers = new Set(violations.slice(0, 3).flatMap(({ text }) => [...text.matchAll(/message (\d+)/g)].map((match) => Number(match[1]))));
  const leases = new Set(events.flatMap((event) => (event.kind === 'claimed' && numbers.has(event.n) ? [event.lease] : [])));
  const ids = new Set(events.flatMap((event) => (event.kind === 'claimed' && numbers.has(event.n) ? [event.id] : [])));
  const ops = new Set(events.flatMap((event) => (event.kind === 'settle' && event.items.some(({ lease }) => leases.has(lease)) ? [event.op] : [])));
  const calls = new Set(events.flatMap((event) => (event.kind === 'publish' && event.items.some(({ n }) => numbers.has(n)) ? [event.call] : [])));
  const start = events[0]?.t ?? 0;
  const told = events.filter((event) => {
    switch (event.kind) {
      case 'fault': case 'heal': case 'healed': case 'process': case 'stalled': case 'stream-error': case 'expected': return true;
      case 'claimed': return leases.has(event.lease);
      case 'renewed': return event.leases.some((lease) => leases.has(lease)) && event.lost.length > 0;
      case 'settle': case 'settle-end': return ops.has(event.op);
      case 'publish': case 'publish-end': return calls.has(event.call);
      case 'work': case 'outcome': return numbers.has(event.n);
      case 'noticed': return ids.has(event.id ?? '');
      default: return false;
    }
  });
  return told.slice(0, around * 3).map((event) => lineOf(event, start));
}

/** The faults of a run, and who came and went. */
export function faultLines({ events }: RunRecord): readonly string[] {
  const start = events[0]?.t ?? 0;
  return events.filter(({ kind }) => kind === 'fault' || kind === 'heal' || kind === 'healed' || kind === 'process' || kind === 'expected' || kind === 'stream-error').map((event) => lineOf(event, start));
}

function lineOf({ t, process, seq: _seq, kind, ...rest }: HistoryEvent, start: number): string {
  return `${(t - start).toFixed(0).padStart(7)} ${process.padEnd(7)} ${kind} ${JSON.stringify(rest).slice(0, 300)}`;
}
