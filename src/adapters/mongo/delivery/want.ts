import type { ClaimAnswer } from '../../../port/delivery-store.js';
import type { LeaseHolder, MongoLease } from './lease.js';

/** A consumer as its subscription sees it. */
export interface DeskLink extends LeaseHolder {
  readonly consumerId: string;
  /** Leases in its hands. */
  readonly holding: number;
  /** A last attempt is in its hands, and nothing goes beside it. */
  readonly runsAlone: boolean;
  /** Its largest claim: its window. */
  readonly widest: number;
  /** Its claim under way. */
  readonly want: Want | undefined;
  /** Live leases. */
  readonly leases: ReadonlySet<MongoLease>;
}

/** A claim that waits. */
export interface Want {
  readonly link: DeskLink;
  readonly max: number;
  /** It was asked to stop: it answers with what it has. */
  isStopped: boolean;
  /** Something is being taken for it. */
  isServed: boolean;
  answer(answer: ClaimAnswer): void;
  fail(error: unknown): void;
}

export const nothing: ClaimAnswer = Object.freeze({ deliveries: Object.freeze([]), makeRoom: false });
export const makeRoom: ClaimAnswer = Object.freeze({ deliveries: Object.freeze([]), makeRoom: true });
