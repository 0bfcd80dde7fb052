import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { UpsertStrategy } from '../port/warm-store.js';
import type { ScopeOptions } from '../topic/refs.js';

/** What the warm tier keeps of a value. */
export interface WarmOptions {
  /** `true`: a failed warm write is retried, counted and shown on `events$`. `required`: it is part of the call. Default: false. */
  readonly persist?: boolean | 'required' | undefined;
  /** `append` keeps every version, `latest` one document. Default: `latest`. */
  readonly upsertStrategy?: UpsertStrategy | undefined;
  /** 1 or more. Default: 30. */
  readonly retentionDays?: number | undefined;
  /** 1 or more. Default: unlimited. */
  readonly maxVersions?: number | undefined;
}

/** How a value is written. */
export interface WriteOptions {
  /** Time to live in the hot tier, seconds, above 0. Default: the client's `hotTtlSeconds`, else none. */
  readonly hotTtlSeconds?: number | undefined;
  readonly warm?: WarmOptions | undefined;
  /** The most bytes of the encoded value, 1 or more. Default: 262 144. */
  readonly maxValueBytes?: number | undefined;
}

/** What `set` takes. */
export interface SetOptions extends WriteOptions, ScopeOptions {
  /** Write only where the key is at this revision (0: absent and none remembered). Default: whatever it is. */
  readonly expectedRevision?: number | undefined;
}

/** What `update` takes beside `initial`: what it starts from where the key is absent, default null. */
export type UpdateOptions = WriteOptions & ScopeOptions;

/** What `get` takes. */
export interface GetOptions<T> extends ScopeOptions {
  /** Checks what is read. Default: none. */
  readonly schema?: StandardSchemaV1<unknown, T> | undefined;
}

/** What `del` takes. */
export interface DelOptions extends ScopeOptions {
  /** Keep the append history and close the key for good: later writes reject with `KEY_CLOSED`. Default: false. */
  readonly tombstone?: boolean | undefined;
}

/** What `history` takes. */
export interface HistoryOptions<T> extends GetOptions<T> {
  /** The most versions, 1-10 000. Default: 100. */
  readonly limit?: number | undefined;
}

/** One version of a value in the warm tier. */
export interface SharedVersion<T> {
  /** null for a deletion, and where it cannot be read; `problem` says why then. */
  readonly value: T | null;
  readonly problem: string | undefined;
  /** The key was closed here: `del` with `tombstone`. */
  readonly isDeletion: boolean;
  /** Counts what was appended, from 0. */
  readonly version: number;
  /** The revision that `set` answered; 0 where another program wrote it. */
  readonly revision: number;
  /** When the warm tier got it, ms since the epoch. */
  readonly writtenAt: number;
}

/** Counts of the warm tier since the client began. */
export interface WarmCounts {
  /** Writes that are on their way. */
  readonly waiting: number;
  readonly saved: number;
  /** Attempts that failed and were, or will be, made again. */
  readonly retried: number;
  /** Writes that were given up; each with an event `warm-failed`. */
  readonly failed: number;
  /** Values that came back into the hot tier. */
  readonly rewarmed: number;
}

/** A value with what is known of it. */
export interface SharedEntry<T> {
  /** null where the key is absent. */
  readonly value: T | null;
  /** Only grows, also across delete and re-create; 0 where the key was never written. */
  readonly revision: number;
  /** When the value expires, ms since the epoch. */
  readonly expiresAt: number | undefined;
}
