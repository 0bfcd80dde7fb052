import { ChronowError } from '../../../src/errors.js';

export const allowances = ['waiting', 'delayed', 'leased', 'dead', 'scheduled', 'settled', 'leaked', 'settled-twice', 'failed-too-late', 'handler-failed', 'error', 'moving', 'promises', 'nothing'] as const;

/**
 * What may be left, or may have happened, without being expected:
 *
 * - `waiting`, `delayed`, `leased`, `dead`, `scheduled`: messages at the end;
 * - `settled`: settlements of messages that no row speaks of;
 * - `leaked`, `settled-twice`, `failed-too-late`, `handler-failed`: the events that tell of a mistake in a flow;
 * - `error`: a stream that errors; `moving`: something that goes on at the horizon;
 * - `promises`: real promises; `nothing`: a test in which nothing comes in.
 */
export type Allowance = (typeof allowances)[number];

export function checkAllowance(what: string): void {
  if (!allowances.some((known) => known === what)) throw new ChronowError('OPTION_INVALID', `allow() knows ${allowances.join(', ')}; got ${what}`);
}
