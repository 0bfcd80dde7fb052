import type { DeathNote } from '../../../port/inspection.js';

/** Reads the deaths of a copy: JSON objects joined by commas, the latest last. What is not one is left out. */
export function readDeaths(text: string): readonly DeathNote[] {
  let stored: unknown;
  try {
    stored = JSON.parse(`[${text}]`);
  } catch {
    return [];
  }
  return Array.isArray(stored) ? stored.flatMap((one: unknown) => (isRecord(one) ? noteOf(one) : [])) : [];
}

function noteOf({ reason, description, errors, deadAt, deliveryCount }: Readonly<Record<string, unknown>>): DeathNote[] {
  if (typeof reason !== 'string') return [];
  return [{
    reason,
    ...(typeof description === 'string' ? { description } : {}),
    ...(isTexts(errors) ? { errors } : {}),
    deadAt: typeof deadAt === 'number' ? deadAt : 0,
    deliveryCount: typeof deliveryCount === 'number' ? deliveryCount : 0,
  }];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
