import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The packed package, or why there is none. */
    readonly packed: Packed | { readonly failure: string };
  }
}

export interface Packed {
  /** The file that would be published. */
  readonly tarball: string;
  /** Its contents, unpacked. */
  readonly package: string;
  /** A folder whose node_modules holds the package and rxjs, and nothing else of ours but what it depends on. */
  readonly consumer: string;
  /** The same with the drivers of the backends, which their doors need. */
  readonly consumerWithDrivers: string;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'chronow-package-'));

/**
 * Builds and packs once for all package tests, in a folder of their own: a `dist` that someone else builds or uses at
 * the same time is not touched. The package is then installed as a tarball would be, but without asking a registry.
 */
export function setup(project: TestProject): void {
  // A package that cannot be built fails the package tests, not the whole run.
  try {
    project.provide('packed', pack());
  } catch (error) {
    project.provide('packed', { failure: String(error) });
  }
}

export function teardown(): void {
  rmSync(temporary, { recursive: true, force: true });
}

function pack(): Packed {
  const stage = join(temporary, 'stage');
  const unpacked = join(temporary, 'consumer', 'node_modules', 'chronow');
  mkdirSync(stage);
  mkdirSync(unpacked, { recursive: true });

  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.json'), '--outDir', join(stage, 'dist')]);
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
  for (const file of ['package.json', ...files.filter((name) => name !== 'dist')]) if (existsSync(join(root, file))) cpSync(join(root, file), join(stage, file), { recursive: true });
  const output = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', temporary], stage);
  const tarball = join(temporary, packedFile(JSON.parse(output) as readonly { readonly filename: string }[]));
  run('tar', ['-xzf', tarball, '--strip-components=1', '-C', unpacked]);
  const needed = ['rxjs', 'tslib', '@standard-schema/spec', '@types/node', 'undici-types'];
  for (const name of needed) link(name, join(temporary, 'consumer', 'node_modules'));
  const withDrivers = join(temporary, 'consumer-with-drivers', 'node_modules');
  cpSync(unpacked, join(withDrivers, 'chronow'), { recursive: true });
  for (const name of [...needed, 'ioredis', 'mongodb']) link(name, withDrivers);

  return { tarball, package: unpacked, consumer: join(temporary, 'consumer'), consumerWithDrivers: join(temporary, 'consumer-with-drivers') };
}

function packedFile([first]: readonly { readonly filename: string }[]): string {
  if (first === undefined) throw new Error('npm pack says nothing of a file');
  return first.filename;
}

function link(name: string, modules: string): void {
  mkdirSync(dirname(join(modules, name)), { recursive: true });
  symlinkSync(join(root, 'node_modules', name), join(modules, name), 'dir');
}

function run(command: string, args: readonly string[], cwd = root): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')}\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
}
