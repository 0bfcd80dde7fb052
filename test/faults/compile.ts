import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Compiles what the processes of the fault tests run. */
export function setup(): void {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'test/faults/tsconfig.json'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the processes of the fault tests do not compile:\n${stdout}`);
}
