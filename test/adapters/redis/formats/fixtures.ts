import { readFileSync } from 'node:fs';
import type { StoredKey } from './dump.js';

/** A folder of test/fixtures. */
export function fixtureFolder(name: string): URL {
  return new URL(`../../../fixtures/${name}/`, import.meta.url);
}

/** One key a line. */
export function readKeys(folder: URL): readonly StoredKey[] {
  const lines = readFileSync(new URL('keys.jsonl', folder), 'utf8').trimEnd().split('\n');
  return lines.map((line): unknown => JSON.parse(line)).filter(isStoredKey);
}

function isStoredKey(value: unknown): value is StoredKey {
  return typeof value === 'object' && value !== null && 'key' in value && 'type' in value;
}
