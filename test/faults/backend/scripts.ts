import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ScriptNames } from '../../support/proxy/requests.js';

/**
 * The names of all Lua scripts of the Redis adapter by their SHA-1, so that a fault can speak of one. They are looked for, not listed: every
 * module that makes scripts exports them, alone or in lists and records.
 */
export function scriptNames(): Promise<ScriptNames> {
  return (reading ??= readNames());
}

/** One more: a planted bug makes another text of it, and is to meet the same faults. */
export function nameScript(sha: string, name: string): void {
  names.set(sha, name);
}

const names = new Map<string, string>();
let reading: Promise<ScriptNames> | undefined;

async function readNames(): Promise<ScriptNames> {
  const home = fileURLToPath(new URL('../../../src/adapters/redis', import.meta.url));
  for (const file of readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((name) => /(?<!\.d)\.(ts|js)$/.test(name))) {
    const path = join(home, file);
    if (!/[^\w.]script\(/.test(readFileSync(path, 'utf8'))) continue;
    const module: unknown = await import(pathToFileURL(path).href);
    note(module, 0);
  }
  return names;
}

function note(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null || depth > 3) return;
  if ('sha' in value && 'name' in value && 'text' in value) names.set(String(value.sha), String(value.name));
  else for (const member of Object.values(value)) note(member, depth + 1);
}
