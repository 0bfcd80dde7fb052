import type { Observable } from 'rxjs';
import type { ConformanceHarness } from './harness.js';
import type { Pending } from './pending.js';

/** What the parts of a scene need of it: calls, answers, and time. */
export interface Asking {
  readonly harness: ConformanceHarness;
  now(): number;
  pass(ms: number): Promise<void>;
  begin<T>(call: Observable<T>): Pending<T>;
  wait<T>(pending: Pending<T>, ms?: number): Promise<void>;
  answer<T>(pending: Pending<T>, ms?: number): Promise<T>;
  ask<T>(call: Observable<T>): Promise<T>;
}
