import type { RunRecord } from '../run.js';
import type { Stories } from './stories.js';

export interface Violation {
  /** `I5`. */
  readonly invariant: string;
  readonly at: number;
  readonly text: string;
  /** The message it is about, if it is about one. */
  readonly n?: number | undefined;
}

/** What an invariant's file makes of a run. */
export type Check = (record: RunRecord, stories: Stories) => readonly Violation[];

export interface Invariant {
  readonly name: string;
  /** As a sentence. */
  readonly says: string;
  readonly check: Check;
}
