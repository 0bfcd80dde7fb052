import type { FailureNote } from '../../../port/lease.js';

/** A note as the inside of a JSON object, for the prelude's `bury`. */
export function noteText({ reason, description, errors }: FailureNote): string {
  return JSON.stringify({ reason, description, errors }).slice(1, -1);
}

/** The same without its reason, where the script decides on that. */
export function noteDetails(failure: FailureNote | undefined): string {
  if (failure === undefined || (failure.description === undefined && failure.errors === undefined)) return '';
  return `,${JSON.stringify({ description: failure.description, errors: failure.errors }).slice(1, -1)}`;
}
