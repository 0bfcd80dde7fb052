import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const variable = 'CHRONOW_TEST_RUN';

/** Names this run in the folders of its servers. Set by the set-up for all workers; alone, a process is its own run. */
export function runName(): string {
  process.env[variable] ??= String(process.pid);
  return process.env[variable];
}

/** How the folders of this run's servers begin: of all, or of one kind (`redis`, `mongo`). */
export function folderPrefix(run: string = runName(), kind?: string): string {
  return join(tmpdir(), `chronow-servers-${run}-${kind === undefined ? '' : `${kind}-`}`);
}

/** A new folder for a server; its guard removes it. */
export function newFolder(kind: string): string {
  return mkdtempSync(folderPrefix(runName(), kind));
}
