import { inspect } from 'node:util';
import { isChronowError, type ChronowError } from '../../../src/errors.js';

/** What a call threw, which must be an error of ours. */
export function refusal(call: () => unknown): ChronowError {
  const answer = outcome(call);
  if (isChronowError(answer)) return answer;
  throw new Error('nothing was refused');
}

/** What comes of a call: its answer, or its error if that is one of ours. */
export function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (!isChronowError(error)) throw error;
    return error;
  }
}

/** Every way in which something may come into a log. An error's stack is its message and places; it is slow, so it is left out. */
export function printed(value: unknown): string {
  if (value instanceof Error) return [value.message, JSON.stringify(value), inspect({ ...value, cause: value.cause }, { depth: null, showHidden: true })].join('\n');
  return [JSON.stringify(value), inspect({ nested: [value] }, { depth: null, showHidden: true }), String(value)].join('\n');
}

/** The same with every custom printer turned off. */
export function printedRaw(value: unknown): string {
  return value instanceof Error ? printed(value) : `${printed(value)}\n${inspect(value, { depth: null, customInspect: false, showHidden: true })}`;
}
