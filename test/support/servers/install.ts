import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { onPath } from './programs.js';

/** What the decision to install depends on. */
export interface Machine {
  readonly ci: boolean;
  readonly root: boolean;
  /** `sudo` works here without a password. */
  readonly sudo: boolean;
  readonly apt: boolean;
}

export function thisMachine(environment: NodeJS.ProcessEnv = process.env): Machine {
  const ci = (environment['CI'] ?? '') !== '';
  const root = process.getuid?.() === 0;
  return { ci, root, sudo: ci && !root && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0, apt: onPath('apt-get', environment['PATH']) !== undefined };
}

/** The words before apt-get where it may install; else why it may not. In CI always, on somebody's own machine only as root. */
export function installer({ ci, root, sudo, apt }: Machine): readonly string[] | string {
  if (!apt) return 'there is no apt-get here';
  if (root) return [];
  if (!ci) return 'only root installs on a machine of your own';
  return sudo ? ['sudo', '-n'] : 'neither root nor sudo without a password';
}

/** Installs Debian packages, saying so first. Returns why it could not, or undefined. */
export function install(packages: readonly string[], machine: Machine, say: (line: string) => void): string | undefined {
  const before = installer(machine);
  if (typeof before === 'string') return before;
  say(`missing for the tests: ${packages.join(', ')}; installing: ${[...before, 'apt-get', 'install', '-y', ...packages].join(' ')}`);
  return withoutServices(before, () => {
    const failure = aptGet(before, ['install', '-y', '--no-install-recommends', ...packages]);
    if (failure === undefined) return undefined;
    // The lists of a fresh image are empty or old.
    return aptGet(before, ['update']) ?? aptGet(before, ['install', '-y', '--no-install-recommends', ...packages]);
  });
}

function aptGet(before: readonly string[], args: readonly string[]): string | undefined {
  const [command = 'apt-get', ...rest] = [...before, 'apt-get', '-o', 'DPkg::Lock::Timeout=120', ...args];
  const { status, error, stderr } = spawnSync(command, rest, { encoding: 'utf8', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  return status === 0 ? undefined : `apt-get ${args.join(' ')} failed: ${error?.message ?? stderr.trim().split('\n').slice(-3).join(' ')}`;
}

const policy = '/usr/sbin/policy-rc.d';

/** Debian starts a service when it is installed, unless this file says no. It is not needed: the tests start their own servers. */
function withoutServices<T>(before: readonly string[], body: () => T): T {
  let ours = false;
  if (before.length === 0) {
    try {
      writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' });
      ours = true;
    } catch {
      // There is one, or it cannot be: a service on the usual port does not matter to us.
    }
  }
  try {
    return body();
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}
