import { isChronowError } from '../../../src/errors.js';
import type { Problem } from '../problem.js';
import type { Ended } from './ended.js';

/** Promises, which virtual time cannot wait for. */
export function realPromises({ promises, journal, runs, allowed }: Ended): readonly Problem[] {
  if (allowed.has('promises')) return [];
  const work = [...journal.invalidWork.map(({ text }) => text), ...runs.flatMap(({ said }) => said.flatMap((one) => (one.kind === 'next' ? invalidWork(one.value) : [])))];
  // Where the work is a promise, that is what is met, too.
  const [first, ...more] = work.length > 0 ? [] : promises;
  return [
    ...[...new Set(work.map((text) => text.replace(/^ChronowError: /, '')))].map((title) => ({ title, lines: [] })),
    ...(first === undefined ? [] : [{
      title: `a real promise at frame ${String(first[1])}: virtual time cannot wait for one; use the cold twins (publish$, set$, update$) and Observables, or allow('promises')`,
      lines: [first, ...more].slice(0, 5).map(([where, frame]) => `at frame ${String(frame)}: ${where}`),
    }]),
  ];
}

function invalidWork(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null && 'error' in value && isChronowError(value.error, 'WORK_INVALID') ? [value.error.message] : [];
}
