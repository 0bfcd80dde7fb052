import type { Excuses } from './excuses.js';
import type { RunRecord } from './record.js';
import type { Stories } from './stories.js';

export interface Violation {
  /** `I5`. */
  readonly invariant: string;
  readonly t: number;
  readonly text: string;
}

export interface Invariant {
  readonly name: string;
  /** As a sentence. */
  readonly says: string;
  /** Reports by `say(time, text)`. */
  readonly check: (record: RunRecord, stories: Stories, say: (t: number, text: string) => void, excuses: Excuses) => void;
}
