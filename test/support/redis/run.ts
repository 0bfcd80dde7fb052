import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const variable = 'CHRONOW_TEST_RUN';

/** Names this run in the folders of its servers. Set by the set-up for all workers; alone, a process is its own run. */
export function runName(): string {
  process.env[variable] ??= String(process.pid);
  return process.env[variable];
}

/** How the folders of this run's servers begin. */
export function folderPrefix(run: string = runName()): string {
  return join(tmpdir(), `chronow-redis-${run}-`);
}

/** A new folder for a server; its guard removes it. */
export function newFolder(): string {
  return mkdtempSync(folderPrefix());
}
