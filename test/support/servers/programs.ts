import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a program of the search path is, or undefined. */
export function onPath(name: string, path: string = process.env['PATH'] ?? ''): string | undefined {
  return path.split(delimiter).filter((folder) => folder !== '').map((folder) => join(folder, name)).find(isProgram);
}

/** Whether there is a file that may be run. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
