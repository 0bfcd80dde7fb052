import { execFile } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packed } from './packed.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const execute = promisify(execFile);

export interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** Runs a command and tells how it ended; never throws. */
export async function outcomeOf(command: string, args: readonly string[], cwd: string): Promise<Outcome> {
  try {
    const { stdout, stderr } = await execute(command, args, { cwd });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

/** A program of test/fixtures/package, beside the installed package, that resolves what a user's program would. */
export function consumer(name: string): string {
  const folder = join(packed().consumer, name);
  cpSync(join(root, 'test/fixtures/package', name), folder, { recursive: true });
  return folder;
}

export interface Compiler {
  /** Name of the installed package. */
  readonly typescript: string;
  /** Options besides strict and skipLibCheck false. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Compiles a program with every declaration that it reaches checked. */
export async function compile(folder: string, { typescript, options }: Compiler): Promise<Outcome> {
  const project = join(folder, `tsconfig.${typescript}.json`);
  writeFileSync(project, JSON.stringify({ compilerOptions: { strict: true, noEmit: true, skipLibCheck: false, exactOptionalPropertyTypes: true, ...options }, include: ['*.ts', '*.cts', '*.mts'] }));
  return outcomeOf(process.execPath, [join(root, 'node_modules', typescript, 'bin/tsc'), '-p', project], folder);
}
