import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { folderPrefix } from './run.js';

/** The processes of this run's servers, known by the folder they run in (Linux). */
export function survivors(run?: string, kind?: string): readonly number[] {
  const prefix = folderPrefix(run, kind);
  return processes().filter((pid) => folderOf(pid)?.startsWith(prefix) === true && isRunning(pid));
}

function processes(): readonly number[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return [];
  }
}

function folderOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** A process that ended and was not yet waited for is none. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
