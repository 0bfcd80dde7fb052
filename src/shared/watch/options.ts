import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { KeyChangeCause, WatchStatus } from '../../port/watch-source.js';
import type { ScopeOptions } from '../../topic/refs.js';

/** Options of `cw.shared.watchMany()`. */
export interface WatchManyOptions<T> extends ScopeOptions {
  /** Checks what is read; a value that does not fit is not shown. Default: none. */
  readonly schema?: StandardSchemaV1<unknown, T> | undefined;
  /** How long the backend watch stays after the last observer left, ms, 0 or more. Default: 1 000. */
  readonly graceMs?: number | undefined;
}

/** Options of `cw.shared.watch()`. */
export interface WatchOptions<T> extends WatchManyOptions<T> {
  /** Checks what is read and what is set. A stored value that does not fit is not shown: the watcher keeps its last one. Default: none. */
  readonly schema?: StandardSchemaV1<unknown, T> | undefined;
  /** Stands for an absent key. Default: undefined does. */
  readonly initial?: T | undefined;
}

/** A change of a watched value. */
export interface WatchChange<V> {
  /** What was shown before. */
  readonly old: V;
  readonly new: V;
  /** The revision after the change; only grows. */
  readonly revision: number;
  /** Why: it was written, deleted or expired, or it was read again after a gap. */
  readonly cause: KeyChangeCause;
}

/** A change of one of several watched values; undefined: absent. */
export interface KeyedWatchChange<T> extends WatchChange<T | undefined> {
  readonly key: string;
}

/**
 * How a watcher stands to what is stored. `syncing`: not read yet. `live`: every change is shown. `stale`: what it shows may be old:
 * the line is down, nobody observes it, or what is stored cannot be read.
 */
export interface WatchState {
  readonly status: WatchStatus;
  /** Why it is stale, or why the latest `next()` failed; else undefined. */
  readonly error: unknown;
}
