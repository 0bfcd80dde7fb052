import { isChronowError, type ChronowError } from '../../../src/errors.js';

/** The error of ours that a call throws. */
export function refusal(call: () => unknown): ChronowError {
  try {
    call();
  } catch (error) {
    if (isChronowError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Arrays in arrays, so many. */
export function nested(levels: number): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}
