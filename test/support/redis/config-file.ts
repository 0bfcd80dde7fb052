import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Settings of redis.conf; a list writes its line several times. */
export type Settings = Readonly<Record<string, string | number | readonly string[]>>;

/** Writes redis.conf into the folder, and returns its path. */
export function writeConfig(folder: string, settings: Settings, name = 'redis.conf'): string {
  const lines = Object.entries(settings).flatMap(([key, value]) => (typeof value === 'object' ? value : [value]).map((one) => `${key} ${one === '' ? '""' : one}`));
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  return path;
}
