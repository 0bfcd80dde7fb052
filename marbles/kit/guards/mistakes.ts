import { eventText } from '../expect/events.js';
import type { Problem } from '../problem.js';
import { isChronowError } from '../../../src/errors.js';
import { shownValue } from '../values.js';
import type { Allowance } from './allowances.js';
import type { Ended } from './ended.js';

const mistakes: Readonly<Record<string, { readonly allowance: Allowance; readonly advice: string }>> = {
  'delivery-leaked': { allowance: 'leaked', advice: 'no operator took it while its lease lasted: a filter, mergeMap or buffer stands before the work; put the work into ackOnComplete(), or hold() before it' },
  'settled-twice': { allowance: 'settled-twice', advice: 'the first settlement holds, the second did nothing' },
  'failed-too-late': { allowance: 'failed-too-late', advice: 'something that schedules (delay, observeOn, buffer) stands between the work and the operator that settles failures' },
  'handler-failed': { allowance: 'handler-failed', advice: 'a function of the flow threw' },
};

/** Events that tell of a mistake in the flow. */
export function mistakenFlows({ journal, allowed, events }: Ended): readonly Problem[] {
  return journal.events.flatMap(({ frame, event }): readonly Problem[] => {
    const mistake = mistakes[event.type];
    if (mistake === undefined || allowed.has(mistake.allowance) || events.some(({ types }) => types.has(event.type))) return [];
    return [{ title: `${eventText(event, journal)} at frame ${String(frame)}; expectEvents(…), or allow('${mistake.allowance}')`, lines: [mistake.advice] }];
  });
}

/** Streams that errored, and what nobody caught. */
export function streamErrors({ runs, allowed, thrown, stage }: Ended): readonly Problem[] {
  const uncaught: readonly Problem[] = thrown === undefined || stage.endless !== undefined ? [] : [{ title: `an error that nobody caught, at frame ${String(stage.now)}: ${shownValue(thrown)}`, lines: stackOf(thrown) }];
  if (allowed.has('error')) return uncaught;
  return [...uncaught, ...runs.flatMap((run): readonly Problem[] => {
    const { error } = run;
    if (error === undefined || run.errorExpected) return [];
    return [{ title: `${run.label} errored at frame ${String(error.frame)}: ${shownValue(error.error)}; expect it ('#'), or allow('error')`, lines: stackOf(error.error) }];
  })];
}

function stackOf(error: unknown): readonly string[] {
  return error instanceof Error && !isChronowError(error) ? (error.stack ?? '').split('\n').slice(1, 4).map((line) => line.trim()) : [];
}
