import { inject } from 'vitest';
import type { Packed } from './pack.js';

/** The package that was packed for this run. Throws what the compiler or npm said where it could not be. */
export function packed(): Packed {
  const result = inject('packed');
  if ('failure' in result) throw new Error(result.failure);
  return result;
}
